"""The error budget of a part that was measured: printing is no longer a guideline."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..messages import _
from .types import ORIGINS, BudgetItem, ErrorBudget


def measured_budget(
    recorded: Mapping[str, Any], printing_mm: float, basis: str, excluded: Sequence[str] = ()
) -> ErrorBudget:
    """The budget of a record with the print's line replaced by what was measured.

    Parameters
    ----------
    recorded
        ``budget`` of a record; empty where the model did not come from a scan.
    printing_mm
        95 % of the printed surface lie within this of the model.
    basis
        Where that figure comes from.
    excluded
        What the budget does not hold.

    Notes
    -----
    The errors before the print are taken together as `error_budget` does: the accuracy where it was measured, else the root of the sum of
    squares of scan, segmentation and editing. Printing adds to them in squares, since it is independent.
    """
    before = [
        BudgetItem(
            str(item.get("name", "")),
            _number(item.get("bound_mm")),
            str(item.get("basis", "")),
            _origin(item.get("origin")),
        )
        for item in (recorded.get("items") or ())[:3]
    ]
    printing = BudgetItem(_("Printing: measured on this part"), printing_mm, basis, "part")
    accuracy = recorded.get("accuracy") or {}
    together = _number(accuracy.get("p95_mm"))
    known = [together] if together is not None else [item.bound_mm for item in before if item.bound_mm is not None]
    known = [value for value in known if value is not None]
    if not known:
        sentence = _(
            "Measured: 95 % of the printed part's surface lie within {printing} mm of the model. How near the model is to the anatomy is "
            "not known."
        ).format(printing=_("{printing_mm:.2f}", printing_mm=printing_mm))
        return ErrorBudget((*before, printing), None, sentence, tuple(excluded))
    total = math.sqrt(sum(value**2 for value in known) + printing_mm**2)
    sentence = _(
        "Measured: 95 % of the printed part's surface lie within {printing} mm of the model, and so about {total} mm of the "
        "boundary in the scan."
    ).format(printing=_("{printing_mm:.2f}", printing_mm=printing_mm), total=_("{total:.1f}", total=total))
    return ErrorBudget(
        (*before, printing), total, sentence, tuple(excluded), str(recorded.get("together", "")), accuracy
    )


def _origin(value: object) -> str:
    return value if isinstance(value, str) and value in ORIGINS else "unknown"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
