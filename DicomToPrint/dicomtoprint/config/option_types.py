"""Kinds of numbers that options take."""

import argparse
import datetime
import re

from ..messages import _


def positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < 1e4:
        raise argparse.ArgumentTypeError(_("'{text}' is no length above 0 mm", text=text))
    return value


def scale_factor(text: str) -> float:
    """A factor, or a ratio such as 1:2."""
    part, mark, whole = text.partition(":")
    value = float(part) / float(whole) if mark else float(part)
    if not 0.01 <= value <= 100.0:
        raise argparse.ArgumentTypeError(_("'{text}' is no scale from 0.01 to 100, or such as 1:2", text=text))
    return value


def clearance(text: str) -> float:
    value = float(text)
    if not 0.0 <= value < 1e2:
        raise argparse.ArgumentTypeError(_("'{text}' is no gap in mm", text=text))
    return value


def count(text: str) -> int:
    value = int(text)
    if value < 100:
        raise argparse.ArgumentTypeError(_("'{text}' is too few triangles (100 at least)", text=text))
    return value


def one_or_more(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(_("'{text}' is no number above 0", text=text))
    return value


def day(text: str) -> datetime.date:
    """A day such as 2026-11-30."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("'{text}' is no day such as 2026-11-30", text=text)) from None


def process_name(text: str) -> str:
    """A name that a process may have."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise argparse.ArgumentTypeError(_("'{text}' is no name of small letters, digits and hyphens", text=text))
    return text


def one_line(text: str) -> str:
    """A text as one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def case_count(text: str) -> int:
    """How many cases run at a time."""
    value = int(text)
    if not 0 < value < 1000:
        raise argparse.ArgumentTypeError(_("'{text}' is no number of cases above 0", text=text))
    return value


def gigabytes(text: str) -> float:
    """Memory in GB."""
    value = float(text)
    if not 0.0 < value < 1e4:
        raise argparse.ArgumentTypeError(_("'{text}' is no size above 0 GB", text=text))
    return value
