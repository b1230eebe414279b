"""A gantry tilt that was "taken out" leaves a slanted edge of padding; a tilt that is there leaves sheared slices."""

import numpy as np

from ...images.raster import RED, YELLOW, RasterImage, apply_window, draw_line, resample_isotropic
from ...messages import _
from ...rules import Fact
from .scan_overview import ScanOverview
from .slice_labels import confidence_label

# Part of the method: a straight edge (share of the variance that a line explains) over at least so many slices, rows.
STRAIGHT, MIN_SLICES, MIN_ROWS, SHAPE_ROWS = 0.98, 5, 3.0, 0.2
STRAIGHT_SHARE, WHOLE_WIDTH = 0.95, 0.9  # of the columns: an edge is straight; a picture and no object shows it


def detect_corrected_tilt(scene: ScanOverview) -> tuple[Fact, tuple[RasterImage, ...]]:
    """Fact ``tilt_taken_out_degrees``: slope of a slanted edge of padding against the slices; 0.0 without one."""
    evidence = _("pixels: first and last row that is not padding, against the slice")
    edge: tuple[float, float, float, int] | None = None
    figures: dict[str, object] = {"r_squared": 0.0, "sure": "clear"}
    if scene.lowest is not None and len(scene.volume.array) >= MIN_SLICES:
        fits = [fit for fit in map(_line, _edges_of_padding(scene)) if fit is not None]
        edge = max((fit for fit in fits if fit[2] >= STRAIGHT), key=lambda fit: fit[2], default=None)
    if edge is not None:
        doubt = confidence_label((1 - STRAIGHT) / max(1e-9, 1 - edge[2]))
        figures = {"r_squared": round(edge[2], 4), "slices": edge[3], "sure": doubt}
    slope = edge[0] if edge is not None else 0.0
    degrees = float(np.degrees(np.arctan(slope * scene.volume.spacing[1] / scene.volume.spacing[2])))
    fact = Fact("tilt_taken_out_degrees", round(abs(degrees), 2), "", evidence, parameters=figures)
    return fact, _sagittal(scene, edge, degrees)


def _edges_of_padding(scene: ScanOverview) -> list[np.ndarray]:
    """First and last row that is not padding, as far as they are edges of padding and not of an object.

    An edge goes straight through the whole picture; or it is round, as the reconstruction was, and air lies inside it.
    """
    array, lowest = scene.volume.array, scene.lowest
    assert lowest is not None
    edges = _edges(array, lowest)
    first, last = _edges(array, lowest, share=1.0)
    straight = (_is_straight(first), _is_straight(array.shape[1] - 1 - last))
    return [
        edge
        for edge, is_straight, inward in zip(edges, straight, (2, -2))
        if is_straight or (scene.padding is not None and _has_air_inside(scene, edge, inward))
    ]


def _is_straight(edge: np.ndarray) -> bool:
    """Whether nearly every column of every slice begins at the slice's one row, or further in where the round picture
    begins, which no slice goes beyond; `edge` counts inwards.
    """
    shown = np.isfinite(edge).any(axis=0)
    known = edge[np.isfinite(edge).any(axis=1)][:, shown]
    if len(known) < MIN_SLICES or shown.mean() < WHOLE_WIDTH:
        return False
    third = np.ma.masked_invalid(known[:, known.shape[1] // 3 : 2 * known.shape[1] // 3 + 1])
    middle = np.ma.median(third, axis=1, keepdims=True).filled(np.nan)
    expected = np.maximum(middle, np.nanmin(known, axis=0))
    return bool((np.abs(known - expected) <= 1)[np.isfinite(known)].mean() > STRAIGHT_SHARE)


def _has_air_inside(scene: ScanOverview, edge: np.ndarray, inward: int) -> bool:
    """Whether the picture begins with air: the padding of a reconstruction lies outside the patient."""
    array = scene.volume.array
    columns = _columns(array.shape[2], 1 / 3)
    slices, at = np.nonzero(np.isfinite(edge))
    if scene.air is None or not len(slices):
        return False
    rows = np.clip(edge[slices, at].astype(int) + inward, 0, array.shape[1] - 1)
    inside = array[slices, rows, columns[at]]
    return float(np.median(inside)) < scene.split


def _columns(width: int, share: float) -> np.ndarray:
    """At most about 128 columns of the middle `share` of a picture."""
    margin = int(width * (1 - share) / 2)
    return np.arange(margin, width - margin, max(1, width // 128))


def _edges(array: np.ndarray, padding: float, share: float = 1 / 3) -> list[np.ndarray]:
    """First and last row that is not padding, (slices, columns) float; NaN without. Columns of the middle `share`."""
    picture = array[:, :, _columns(array.shape[2], share)] != padding
    some = picture.any(axis=1)
    first = np.where(some, picture.argmax(axis=1), np.nan)
    last = np.where(some, array.shape[1] - 1 - picture[:, ::-1].argmax(axis=1), np.nan)
    # A slice counts where most of its columns show something.
    first[some.mean(axis=1) < 0.9] = last[some.mean(axis=1) < 0.9] = np.nan
    return [first, last]


def _line(edge: np.ndarray) -> tuple[float, float, float, int] | None:
    """Slope, intercept, R squared and number of slices of the part of an edge that moves; None where it does not."""
    known = np.isfinite(edge).all(axis=1)
    rows = np.full(len(edge), np.nan)
    rows[known] = np.median(edge[known], axis=1)
    if known.sum() < MIN_SLICES:
        return None
    # Where the edge has left the picture it stands still at the picture's (or the circle's) own edge: leave that out.
    resting = np.bincount(rows[known].astype(int)).argmax()
    moving = known & (np.abs(rows - resting) > 1)
    if moving.sum() < MIN_SLICES or np.ptp(rows[moving]) < MIN_ROWS:
        moving = known
    if np.ptp(rows[moving]) < MIN_ROWS or not _keeps_its_shape(edge[moving]):
        return None
    slices = np.flatnonzero(moving)
    slope, start = np.polyfit(slices, rows[moving], 1)
    rest = rows[moving] - (start + slope * slices)
    return float(slope), float(start), float(1 - rest.var() / rows[moving].var()), int(moving.sum())


def _keeps_its_shape(edge: np.ndarray) -> bool:
    """True where an edge only moves: a straight cut or a circle does, the outline of a body in cleared air does not."""
    shape = edge - np.median(edge, axis=1, keepdims=True)
    return bool(np.abs(shape - np.median(shape, axis=0)).mean() < SHAPE_ROWS)


def _sagittal(
    scene: ScanOverview, edge: tuple[float, float, float, int] | None, degrees: float
) -> tuple[RasterImage, ...]:
    """The middle sagittal cut, slices at their true places, with the shear or the slanted edge marked."""
    volume = scene.volume
    count, _unused, columns = volume.array.shape
    soft = scene.soft if scene.soft is not None else 0.0
    cut = apply_window(volume.array[:, :, columns // 2], soft - 300, soft + 1000)
    shear = volume.shear_degrees
    if edge is not None:
        cut = draw_line(cut, (0, edge[1]), (count - 1, edge[1] + edge[0] * (count - 1)), RED)
        text = _(
            "Sagittal cut: the edge of the picture is slanted by {degrees:.1f} degrees (red): a gantry "
            "tilt was taken out.",
            degrees=abs(degrees),
        )
        name = "tilt-taken-out"
    elif shear > 0.1:
        cut = _sheared(volume.affine, cut)
        text = _(
            "Sagittal cut, slices at their true places: they are sheared by {shear:.1f} degrees (yellow: "
            "the first and the last slice).",
            shear=shear,
        )
        name = "tilt"
    else:
        text, name = _("Sagittal cut through the middle of the scan."), "sagittal"
    up = slice(None, None, -1) if volume.affine[2, 2] > 0 else slice(None)
    if name == "tilt":
        return (RasterImage(name, text, text, cut),)
    return (RasterImage(name, text, text, resample_isotropic(cut[up], volume.spacing[2], volume.spacing[1])),)


def _sheared(affine: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """The cut (k, j, 3) drawn in the plane of the patient's back-front and foot-head axes, where the slices stand
    aslant."""
    from scipy import ndimage

    steps = affine[1:3, [1, 2]]  # mm along P and S for a step in j and in k
    corners = np.array([[0, 0], [cut.shape[1] - 1, 0], [0, cut.shape[0] - 1], [cut.shape[1] - 1, cut.shape[0] - 1]])
    places = corners @ steps.T
    low, high = places.min(axis=0), places.max(axis=0)
    size = (high - low).max() / 396
    across = low[0] + size * np.arange(int((high[0] - low[0]) / size) + 1)
    upward = high[1] - size * np.arange(int((high[1] - low[1]) / size) + 1)
    grid = np.stack(np.meshgrid(across, upward), axis=-1).reshape(-1, 2)
    j, k = np.linalg.inv(steps) @ grid.T
    shape = (len(upward), len(across))
    layers = [ndimage.map_coordinates(cut[..., c], [k, j], order=1, cval=255).reshape(shape) for c in range(3)]
    picture = np.stack(layers, axis=-1)
    for k_end in (0, cut.shape[0] - 1):
        ends = np.array([[0, k_end], [cut.shape[1] - 1, k_end]]) @ steps.T
        (x0, y0), (x1, y1) = (ends - low) / size
        top = (high[1] - low[1]) / size
        picture = draw_line(picture, (top - y0, x0), (top - y1, x1), YELLOW)
    return picture
