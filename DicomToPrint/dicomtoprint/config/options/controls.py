"""Controls of the panel that the table of options holds: what they are called, and which values they offer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Switch:
    """A check box: its `title`, and a `tip` that says what it does."""

    title: str
    tip: str


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high` by `step`; the lowest, and what is less than `least`, stands for none and reads `off`.

    `unit` follows the number and is empty for a whole one; what the panel shows is `shown` times the setting.
    """

    title: str
    tip: str
    high: float
    step: float
    off: str
    low: float = 0.0
    unit: str = "mm"
    shown: float = 1.0
    least: float = 0.0


@dataclass(frozen=True)
class Choice:
    """One of several values, each with its text; an empty value stands for none."""

    title: str
    tip: str
    items: tuple[tuple[str, str], ...]


Control = Switch | Number | Choice
