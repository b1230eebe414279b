"""Strict uses ask before a model whose thin walls are modelled goes on to print."""

from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..messages import _
from .open_questions import require_reason
from .scan_loading import LoadedScan

if TYPE_CHECKING:
    from ..reconstruction import SurfaceModel

MIN_PERCENT = 0.5  # of the surface: less is the rim of a hole, or a spur


def ask_about_modelled(scan: LoadedScan, model: "SurfaceModel", settings: RunSettings) -> LoadedScan:
    """The scan, with the reason to go on anyway in its gate's sentence where one was needed.

    Raises `GateClosedError` with `UnansweredQuestionError` where the use is closed by questions, walls of the anatomy are modelled and no
    reason was given. A volume file or a scene has no gate to pass.
    """
    share = max((_percent(entry) for entry in model.figures), default=0.0)
    if share < MIN_PERCENT:
        return scan
    established = all(bool(entry.get("bone_established", True)) for entry in model.figures)
    question = _(
        "{share:.0f} % of the anatomy's surface are walls thinner than the scan's blur, whose "
        "thickness is modelled from their brightness{established}.",
        share=share,
        established="" if established else _(" under an assumed density of bone"),
    )
    return require_reason(scan, question, settings)


def _percent(figures: object) -> float:
    shares = figures.get("provenance_area_percent", {}) if hasattr(figures, "get") else {}
    return float(shares.get("modelled", 0.0))
