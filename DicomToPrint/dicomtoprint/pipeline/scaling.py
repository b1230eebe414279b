"""Scale and mirror: all parts alike and before every other step, so that walls, joints and letters keep their size in print."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config.run_settings import RunSettings
from ..errors import UsageError
from ..mesh.core import Mesh, transformed
from ..messages import _, join
from .open_questions import require_reason
from .scan_loading import LoadedScan

if TYPE_CHECKING:
    from ..preparation import LabelResult
    from ..reconstruction import ProcessingStep

SMALLEST, LARGEST = 0.01, 100.0
# Plane of the mirror: its axis (L, P, S), the sides that change places, and the two words for them.
MIRROR_AXES = {
    "sagittal": (0, "RL", _("left and right")),
    "coronal": (1, "AP", _("front and back")),
    "axial": (2, "SI", _("top and bottom")),
}
STEP_NAME = _("scale and mirror")


def is_scaled(settings: RunSettings) -> bool:
    """True where the model is not printed as large as the anatomy, or mirrored."""
    return settings.mirror is not None or (settings.scale is not None and settings.scale != 1.0)


def scale_of(settings: RunSettings) -> float:
    """How many mm of the print are one of the patient."""
    return settings.scale or 1.0


def scale_words(settings: RunSettings) -> str:
    """``1:2, mirrored (left and right)``; empty where the model is as large as the anatomy and not mirrored."""
    words = [] if scale_of(settings) == 1.0 else [ratio(scale_of(settings))]
    if settings.mirror is not None:
        words.append(_("mirrored ({mirror_axes})", mirror_axes=MIRROR_AXES[settings.mirror][2]))
    return join(", ", words)


def ratio(scale: float) -> str:
    """``1:2`` or ``3:1`` where it is a whole ratio, else in percent."""
    for value, form in ((1.0 / scale, "1:{:.0f}"), (scale, "{:.0f}:1")):
        if value >= 1.0 and abs(value - round(value)) < 1e-6 * value:
            return form.format(round(value))
    return f"{100.0 * scale:.4g} %"


def size_suffix(settings: RunSettings) -> str:
    """What a file's name says of scale and mirror: ``-50-percent-mirrored``."""
    size = f"-{100.0 * scale_of(settings):.4g}-percent".replace(".", "_") if scale_of(settings) != 1.0 else ""
    return size + ("-mirrored" if settings.mirror is not None else "")


def validate_scale(settings: RunSettings) -> None:
    """Raises `UsageError` for a scale or a mirror that is none, and for what cannot be true on a scaled model."""
    if settings.scale is not None and not SMALLEST <= settings.scale <= LARGEST:
        raise UsageError(
            _(
                "{--scale} takes {smallest:g} to {largest:g}, or 1:N, not {scale:g}.",
                smallest=SMALLEST,
                largest=LARGEST,
                scale=settings.scale,
            )
        )
    if settings.mirror is not None and settings.mirror not in MIRROR_AXES:
        raise UsageError(
            _(
                "{--mirror} takes one of {mirror_axes}, not '{mirror}'.",
                mirror_axes=join(", ", MIRROR_AXES),
                mirror=settings.mirror,
            )
        )
    if not is_scaled(settings):
        return
    if "dicom" in settings.formats:
        raise UsageError(
            _(
                "A DICOM STL stands in the frame of its scan, which a scaled or mirrored model does not: "
                "leave the format dicom out."
            )
        )
    if settings.scale_bar is not None and scale_of(settings) != 1.0:
        raise UsageError(
            _("A scale bar would measure the print, not the anatomy: leave {--scale-bar} or {--scale} out.")
        )


def ask_about_scale(scan: LoadedScan, settings: RunSettings) -> LoadedScan:
    """As `require_reason`: a strict use asks before a model of another size or handedness goes on to print."""
    if not is_scaled(settings):
        return scan
    return require_reason(
        scan, _("The model is not the anatomy as it is: {scale_words}.", scale_words=scale_words(settings)), settings
    )


def scale_matrix(settings: RunSettings, meshes: Sequence[Mesh]) -> np.ndarray | None:
    """(4, 4) from the patient to the print, LPS mm, about the middle of all meshes; None where nothing is asked for."""
    if not is_scaled(settings):
        return None
    factors = np.full(3, scale_of(settings))
    if settings.mirror is not None:
        factors[MIRROR_AXES[settings.mirror][0]] *= -1.0
    bounds = np.array([mesh.bounds for mesh in meshes]).reshape(-1, 3, 2)
    middle = (bounds[..., 0].min(axis=0) + bounds[..., 1].max(axis=0)) / 2.0
    matrix = np.diag([*factors, 1.0])
    matrix[:3, 3] = middle - factors * middle
    return matrix


def scaled_meshes(
    meshes: Sequence[Mesh], matrix: np.ndarray, settings: RunSettings
) -> "tuple[list[Mesh], ProcessingStep]":
    """The meshes in the print, their triangles facing outwards, and what was done. ``Deviation`` stays in mm of the patient."""
    from ..reconstruction import ProcessingStep

    done = [replace(mesh, points=mesh.points.astype(np.float32)) for mesh in (transformed(m, matrix) for m in meshes)]
    numbers = " ".join(f"{value:.6f}" for value in matrix[:3].ravel())
    return done, ProcessingStep(
        STEP_NAME,
        _(
            "all parts {scale_words}; sizes, walls and volumes are those of the print, deviations and "
            "places those of the patient; transform (3x4, LPS mm) {numbers}",
            scale_words=scale_words(settings),
            numbers=numbers,
        ),
    )


def in_print(settings: RunSettings, matrix: np.ndarray) -> RunSettings:
    """The settings with places of the patient moved to where the print has them, and with a label that tells the scale."""
    scale = scale_of(settings)
    turn = np.array([-1.0, -1.0, 1.0])  # R, A, S from and to L, P, S

    def place(point: Sequence[float]) -> tuple[float, ...]:
        return tuple(((matrix[:3, :3] @ (turn * point[:3]) + matrix[:3, 3]) * turn).tolist())

    def cut(axis: str, at: float) -> float:
        index = "RAS".index(axis)
        return place(np.eye(3)[index] * at)[index]

    flips = np.sign(np.diag(matrix)[:3])
    sides = MIRROR_AXES[settings.mirror][1] if settings.mirror else ""
    changed: dict[str, Any] = {
        "cuts": tuple((axis, cut(axis, at)) for axis, at in settings.cuts),
        "oblique_cuts": tuple((*place(plane[:3]), *(flips * plane[3:]).tolist()) for plane in settings.oblique_cuts),
        "kept_sides": tuple(sides[1 - sides.index(side)] if side in sides else side for side in settings.kept_sides),
        "drain_hole_positions": tuple(map(place, settings.drain_hole_positions)),
        "keep_out_regions": tuple((*place(ball[:3]), scale * ball[3]) for ball in settings.keep_out_regions),
        "label_at": None if settings.label_at is None else place(settings.label_at),
    }
    if settings.label is not None:
        told = [] if scale == 1.0 else [ratio(scale)]
        changed["label"] = join(" ", [settings.label, *told, *(["MIRROR"] if settings.mirror else [])])
    return replace(settings, **changed)


def label_in_patient(label: "LabelResult", matrix: np.ndarray) -> "LabelResult":
    """A label of the print with its frame where the patient has it: the transform to the print gives it back."""
    back = np.linalg.inv(matrix)
    right, up, outward = (tuple((back[:3, :3] @ axis).tolist()) for axis in (label.right, label.up, label.outward))
    origin = tuple((back[:3, :3] @ label.origin + back[:3, 3]).tolist())
    return replace(label, origin=origin, right=right, up=up, outward=outward)
