"""The table of an error budget: each source with its bound, how its figure is known, and where it comes from."""

from collections.abc import Iterable

from ..messages import _
from .html import Element, add_table


def add_budget_table(parent: Element, items: Iterable[tuple[str, float | None, str, str]]) -> None:
    """Rows of name, bound in mm (None: not known), kind of source (`accuracy.ORIGINS`) and basis in words."""
    rows = [
        (name, _("not known") if bound is None else _("± {bound:.2f} mm", bound=bound), origin_words(origin), basis)
        for name, bound, origin, basis in items
    ]
    heads = [_("Source"), _("Bound"), _("Known by"), _("Where the figure comes from")]
    add_table(parent, _("Error budget, 95 % bounds"), heads, rows)


def origin_words(origin: str) -> str:
    """How a figure is known, for reading."""
    words = {
        "part": _("measured on this part"),
        "printer": _("measured on this printer"),
        "model": _("measured on this model"),
        "scan": _("measured on this scan"),
        "guideline": _("guideline"),
        "assumed": _("rule of thumb"),
    }
    return words.get(origin, "–")
