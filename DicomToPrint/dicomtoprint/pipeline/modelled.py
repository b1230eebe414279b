"""Strict uses ask before a model whose thin walls are modelled goes on to print."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..errors import UnansweredQuestionError
from .scan_loading import GateClosedError, LoadedScan

if TYPE_CHECKING:
    from ..reconstruction import SurfaceModel

MIN_PERCENT = 0.5  # of the surface: less is the rim of a hole, or a spur


def ask_about_modelled(scan: LoadedScan, model: "SurfaceModel", settings: RunSettings) -> LoadedScan:
    """The scan, with the reason to go on anyway in its gate's sentence where one was needed.

    Raises `GateClosedError` with `UnansweredQuestionError` where the use is closed by questions, walls of the anatomy are modelled and no
    reason was given. A volume file or a scene has no gate to pass.
    """
    from ..acceptance import load_use_case
    from ..acceptance.use_gate import OVERRIDE_NOTICE

    share = max((_percent(entry) for entry in model.figures), default=0.0)
    if scan.series is None or scan.acceptance is None or share < MIN_PERCENT:
        return scan
    if "ask" not in load_use_case(settings.use).blocked_by:
        return scan
    established = all(bool(entry.get("bone_established", True)) for entry in model.figures)
    question = (
        f"{share:.0f} % of the anatomy's surface are walls thinner than the scan's blur, whose thickness is modelled from "
        f"their brightness{'' if established else ' under an assumed density of bone'}."
    )
    reason = (settings.accept_anyway or "").strip()
    if reason:
        return (
            scan
            if OVERRIDE_NOTICE in scan.gate
            else replace(scan, gate=f"{scan.gate} {question} {OVERRIDE_NOTICE}: {reason}")
        )
    sentence = f"{question} The use {settings.use} asks whether that will do: --accept-anyway REASON to go on."
    raise GateClosedError(UnansweredQuestionError(sentence), scan.series, scan.acceptance)


def _percent(figures: object) -> float:
    shares = figures.get("provenance_area_percent", {}) if hasattr(figures, "get") else {}
    return float(shares.get("modelled", 0.0))
