"""Kinds of numbers that options take."""

import argparse


def positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < 1e4:
        raise argparse.ArgumentTypeError(f"'{text}' is no length above 0 mm")
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
