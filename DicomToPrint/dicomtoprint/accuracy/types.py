"""What the report says of accuracy: the error budget, and distances to measure on the part."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Of a figure: measured on this part, this printer, this model, this scan; a published guideline; a rule of thumb; nobody knows.
ORIGINS = ("part", "printer", "model", "scan", "guideline", "assumed", "unknown")


@dataclass(frozen=True)
class CaliperMeasurement:
    """A distance to measure on the finished part between two points that stick out, in mm; `start`, `end` in LPS mm."""

    number: int
    description: str
    expected_mm: float
    tolerance_mm: float | None = None
    start: tuple[float, float, float] = (0.0, 0.0, 0.0)
    end: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class BudgetItem:
    """One source of error: its size in mm as a 95 % bound (None: not known) and where the figure comes from.

    `origin` is one of `ORIGINS`, the kind of source; `basis` says it in words.
    """

    name: str
    bound_mm: float | None
    basis: str
    origin: str = "unknown"


@dataclass(frozen=True)
class ErrorBudget:
    """The error budget of a model; see `budget.error_budget`. `sentence` is the one line that a surgeon reads.

    `together` is the accuracy of the model as a whole against the scan, in words and with its figures; empty where it
    was not measured.
    """

    items: tuple[BudgetItem, ...]
    total_mm: float | None
    sentence: str
    excluded: tuple[str, ...]
    together: str = ""
    accuracy: Mapping[str, float] = field(default_factory=dict)
