"""Kinds of numbers that options take."""

import argparse


def positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < 1e4:
        raise argparse.ArgumentTypeError(f"'{text}' is no length above 0 mm")
    return value


def scale_factor(text: str) -> float:
    """A factor, or a ratio such as 1:2."""
    part, mark, whole = text.partition(":")
    value = float(part) / float(whole) if mark else float(part)
    if not 0.01 <= value <= 100.0:
        raise argparse.ArgumentTypeError(f"'{text}' is no scale from 0.01 to 100, or such as 1:2")
    return value


def clearance(text: str) -> float:
    value = float(text)
    if not 0.0 <= value < 1e2:
        raise argparse.ArgumentTypeError(f"'{text}' is no gap in mm")
    return value


def count(text: str) -> int:
    value = int(text)
    if value < 100:
        raise argparse.ArgumentTypeError(f"'{text}' is too few triangles (100 at least)")
    return value


def one_or_more(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return value
