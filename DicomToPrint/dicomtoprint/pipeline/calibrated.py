"""A process whose limits were measured: whether it still holds, its scale compensation, and what the outputs say of it."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config.run_settings import RunSettings
from ..errors import UnansweredQuestionError, UsageError
from ..mesh.core import Mesh, transformed
from ..messages import _, join
from .scan_loading import needs_reason

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..printability import Calibration, Readiness
    from ..reconstruction import ProcessingStep

STEP_NAME = _("scale compensation")


def calibration_of(settings: RunSettings) -> "Calibration | None":
    """The calibration of the settings' process; None for a process of guidelines."""
    from ..printability import load_process

    return load_process(settings.process).calibration


def require_valid_calibration(settings: RunSettings, day: datetime.date | None = None) -> None:
    """Raises `UnansweredQuestionError` where the calibration of the process is expired, the use is strict, and no reason to go on is given,
    and `UsageError` for a format that cannot hold a compensated model. `day` is today where it is None."""
    calibration = calibration_of(settings)
    if calibration is None:
        return
    if "dicom" in settings.formats and calibration.is_compensated:
        raise UsageError(
            _(
                "A DICOM STL stands in the frame of its scan, which a model with the printer's scale "
                "compensation does not: leave the format dicom out, or take the process without its "
                "calibration."
            )
        )
    reason = (settings.accept_anyway or "").strip()
    if calibration.is_expired(day or datetime.date.today()) and needs_reason(settings) and not reason:
        raise UnansweredQuestionError(
            _(
                "The calibration of {printer} with {material} expired on {expires}, and the use {use} needs "
                "one that holds: measure a new test plate (coupon, calibrate), or say why it will do: "
                "{--accept-anyway:REASON}.",
                printer=calibration.printer,
                material=calibration.material,
                expires=calibration.expires,
                use=settings.use,
            )
        )


def is_compensated(settings: RunSettings) -> bool:
    """Whether the process has a scale to compensate."""
    calibration = calibration_of(settings)
    return calibration is not None and calibration.is_compensated


def compensated(
    meshes: Sequence[Mesh], settings: RunSettings
) -> "tuple[list[Mesh], np.ndarray | None, tuple[ProcessingStep, ...]]":
    """The meshes scaled along x, y, z of their file against the printer's own scale, the transform (4x4, LPS mm, about the middle of all
    meshes), and what was done; as they are, None and nothing where the process has none."""
    from ..reconstruction import ProcessingStep

    calibration = calibration_of(settings)
    if calibration is None or not calibration.is_compensated:
        return list(meshes), None, ()
    bounds = np.array([mesh.bounds for mesh in meshes]).reshape(-1, 3, 2)
    middle = (bounds[..., 0].min(axis=0) + bounds[..., 1].max(axis=0)) / 2.0
    factors = np.array(calibration.compensation)
    matrix = np.diag([*factors, 1.0])
    matrix[:3, 3] = middle - factors * middle
    done = [replace(mesh, points=mesh.points.astype(np.float32)) for mesh in (transformed(m, matrix) for m in meshes)]
    percent = join(
        ", ",
        (_("{axis} {percent:+.2f} %", axis=axis, percent=100.0 * (value - 1.0)) for axis, value in zip("xyz", factors)),
    )
    numbers = " ".join(f"{value:.6f}" for value in matrix[:3].ravel())
    effect = _(
        "{percent} of the file, against the printer's own scale ({calibration}); it holds for a part "
        "printed as the file lies, and distances to measure are those of the printed part; transform "
        "(3x4, LPS mm) {numbers}",
        percent=percent,
        calibration=calibration.in_words,
        numbers=numbers,
    )
    return done, matrix, (ProcessingStep(STEP_NAME, effect),)


def add_calibration(
    readiness: "Readiness", settings: RunSettings | None = None, day: datetime.date | None = None
) -> "Readiness":
    """The readiness with a finding on the calibration of its process: since when it holds, or that it is expired; as it is where the
    process is one of guidelines. An expired one rejects for a strict use of the `settings` without a reason to go
    on, and warns otherwise."""
    from ..printability import VERDICTS
    from ..rules import Fact, Rule, Severity, aggregate_verdict, make_finding

    calibration = readiness.process.calibration
    if calibration is None:
        return readiness
    expired = calibration.is_expired(day or datetime.date.today())
    is_strict = settings is not None and needs_reason(settings) and not (settings.accept_anyway or "").strip()
    severity = Severity.REJECT if is_strict else Severity.WARN
    rule = Rule("calibration", "calibration", "calibration", "==", "valid", severity, source=_("the process file"))
    named = _(
        "The limits {measured} are measured: {calibration}.",
        measured=join(", ", calibration.measured),
        calibration=calibration.in_words,
    )
    message = (
        _("The calibration of the process is expired: {calibration}.", calibration=calibration.in_words)
        if expired
        else named
    )
    remedy = _("Print and measure a new test plate (coupon, calibrate).") if expired else ""
    finding: Any = make_finding(rule, Fact("calibration", "expired" if expired else "valid"), message, remedy)
    findings = (*readiness.findings, finding)
    return replace(readiness, findings=findings, verdict=VERDICTS[aggregate_verdict(findings)])


def undo_compensation(mesh: Mesh, steps: Sequence[Any]) -> Mesh:
    """A model of a record as it shall be printed: its file without the compensation that `steps` of the record name."""
    for step in steps:
        numbers = (step.get("effect") or {}).get("compensation")
        if numbers:
            matrix = np.vstack([np.array(numbers, dtype=np.float64).reshape(3, 4), [0.0, 0.0, 0.0, 1.0]])
            return replace(mesh, points=transformed(mesh, np.linalg.inv(matrix)).points)
    return mesh
