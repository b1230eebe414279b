"""What a strict use asks once the anatomy is found: a question closes its gate until a reason to go on is given."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..errors import UnansweredQuestionError
from ..messages import _, join
from ..volume import XRAY_MODALITIES
from .scan_loading import GateClosedError, LoadedScan

if TYPE_CHECKING:
    from ..segmentation import Segmentation


def require_reason(scan: LoadedScan, question: str, settings: RunSettings) -> LoadedScan:
    """The scan, with the reason to go on anyway in its gate's sentence where the use asks.

    Raises `GateClosedError` with `UnansweredQuestionError` where the use is closed by questions and no reason was given. A volume
    file or a scene has no gate to pass.
    """
    from ..acceptance import load_use_case
    from ..acceptance.use_gate import OVERRIDE_NOTICE

    if scan.series is None or scan.acceptance is None or "ask" not in load_use_case(settings.use).blocked_by:
        return scan
    reason = (settings.accept_anyway or "").strip()
    if not reason:
        sentence = _(
            "{question} The use {use} asks whether that will do: {--accept-anyway:REASON} to go on.",
            question=question,
            use=settings.use,
        )
        raise GateClosedError(UnansweredQuestionError(sentence), scan.series, scan.acceptance)
    if OVERRIDE_NOTICE in scan.gate:
        return scan
    return replace(scan, gate=join(" ", (scan.gate, question, join(": ", (OVERRIDE_NOTICE, reason)))))


def ask_about_bone_like_blood(scan: LoadedScan, segmentation: "Segmentation", settings: RunSettings) -> LoadedScan:
    """As `require_reason`, where bone that was taken out of vessels is no brighter than blood: what touches may be in the model."""
    taken = segmentation.figures.get("bone_like_blood_mm3")
    if not isinstance(taken, float):
        return scan
    question = _(
        "Bone of {taken:.1f} cm3 that touches the vessel is no brighter than its blood: where they "
        "touch, a few mm of it may be in the model, so compare it with the slices.",
        taken=taken / 1000.0,
    )
    return require_reason(scan, question, settings)


def ask_about_vessel_doubts(scan: LoadedScan, segmentation: "Segmentation", settings: RunSettings) -> LoadedScan:
    """As `require_reason`, where parts of the model of a vessel may be bone or an organ as bright as its blood."""
    if not segmentation.figures.get("vessel_doubts"):
        return scan
    question = _(
        "Not all of this model may be vessel, since bone or an organ can be as bright as the blood: "
        "compare it with the slices."
    )
    return require_reason(scan, question, settings)


def grey_value_caution(modality: str, settings: RunSettings, is_given: bool) -> str:
    """What to know of a scan of `modality` before its anatomy is looked for; empty where its grey values tell tissues apart, or something
    else does: a given segmentation, a backend or a threshold."""
    if not modality or modality in XRAY_MODALITIES or is_given or settings.segment_with or settings.threshold:
        return ""
    return _(
        "This scan is {modality}: its grey values do not tell one tissue from another. Give a "
        "segmentation, let a program label it ({--segment-with}), or give the grey values of what "
        "you want ({--threshold}).",
        modality=modality,
    )


def ask_about_contrast_medium(scan: LoadedScan, segmentation: "Segmentation", settings: RunSettings) -> LoadedScan:
    """As `require_reason`, where vessels full of contrast medium were taken out of bone: where they touch, a part of either may be gone."""
    taken = segmentation.figures.get("contrast_medium_mm3")
    left = segmentation.figures.get("contrast_medium_left_mm3")
    if isinstance(taken, float):
        question = _(
            "Contrast medium of {taken:.0f} cm3 in vessels or the heart was taken out of the bone by its "
            "grey values: where they touch, compare the model with the slices.",
            taken=taken / 1000.0,
        )
    elif isinstance(left, float):
        question = _(
            "Even bodies of {left:.0f} cm3 in the model may be contrast medium in vessels or the heart: "
            "compare the model with the slices.",
            left=left / 1000.0,
        )
    else:
        return scan
    return require_reason(scan, question, settings)
