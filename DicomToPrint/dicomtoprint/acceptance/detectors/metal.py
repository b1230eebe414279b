"""Metal: the brightest pieces."""

import numpy as np

from ...images.raster import RED, RasterImage, apply_window, overlay_mask, resample_isotropic
from ...messages import _
from ...rules import Fact
from ...volume import Volume
from ...voxel_components import count_components
from .scan_overview import ScanOverview
from .slice_labels import confidence_label, format_slices, slice_center

# Part of the method: enamel ends at about 2500 HU; scanners clip at 3071, so what reaches the clip counts as well.
METAL_HU, OF_MAXIMUM, CLIPPED_ABOVE_HU = 2500.0, 0.97, 2000.0
MIN_MM3, LOST_INTERCEPT_HU = 20.0, 300.0
REACH_MM = 20.0  # streaks of metal reach so far (catalogue, O17)


def detect_metal(
    scene: ScanOverview, numbers: tuple[int, ...], anatomy: np.ndarray | None = None
) -> tuple[Fact, tuple[RasterImage, ...]]:
    """Fact ``metal_mm3``: volume of pieces as bright as metal. Enamel and dense contrast medium can trip it: ask.

    With `anatomy` (k, j, i) bool on the volume's grid only what lies within 20 mm of it counts.
    """
    limit, kept, first, figures = _pieces(scene)
    evidence = _("pixels: pieces above {limit:.0f} HU", limit=limit)
    if anatomy is not None:
        evidence += _(" within {reach_mm:.0f} mm of the chosen anatomy", reach_mm=REACH_MM)
        if kept is not None:
            kept = kept & _near(scene.volume, kept, first, anatomy)
    if kept is None or not kept.any():
        return Fact("metal_mm3", 0.0, "", evidence, parameters=figures), ()
    total = float(kept.sum()) * scene.volume.voxel_volume
    in_slices = kept.sum(axis=(1, 2))
    met = np.flatnonzero(in_slices) + first
    fact = Fact(
        "metal_mm3",
        round(total, 1),
        format_slices(met.tolist(), numbers),
        evidence,
        parameters=figures,
        places=(slice_center(scene.volume, int(in_slices.argmax()) + first),),
    )
    return fact, (_projection(scene, kept, first, total, anatomy is not None),)


def _pieces(scene: ScanOverview) -> tuple[float, np.ndarray | None, int, dict[str, object]]:
    """Grey value above which metal is counted, its voxels (slices from the first one met on), that slice, figures."""
    array = scene.volume.array
    # A lost intercept shifts all grey values: air says by how much.
    lost = scene.air + 1000.0 if scene.air is not None and abs(scene.air + 1000.0) > LOST_INTERCEPT_HU else 0.0
    brightest = float(array.max())
    clipped = brightest - lost > CLIPPED_ABOVE_HU
    limit = min(METAL_HU + lost, OF_MAXIMUM * brightest) if clipped else METAL_HU + lost
    if brightest <= limit:
        return limit, None, 0, _figures(limit, 0, brightest / limit)
    slices = np.flatnonzero(array.max(axis=(1, 2)) > limit)
    labels, counts = count_components(array[slices[0] : slices[-1] + 1] > limit)
    volumes = counts[1:] * scene.volume.voxel_volume
    pieces = np.flatnonzero(volumes > MIN_MM3) + 1
    figures = _figures(limit, len(pieces), float(volumes.max(initial=0.0)) / MIN_MM3)
    return limit, np.isin(labels, pieces) if len(pieces) else None, int(slices[0]), figures


def _near(volume: Volume, kept: np.ndarray, first: int, anatomy: np.ndarray) -> np.ndarray:
    """Voxels of `kept` within the reach of the anatomy, in a straight line; measured on a grid of about 2 mm."""
    from scipy.spatial import cKDTree

    step = max(1, round(2.0 / (sum(volume.spacing[:2]) / 2)))
    coarse = np.argwhere(anatomy[:, ::step, ::step])[:, ::-1] * (step, step, 1)
    metal = np.argwhere(kept)
    near = np.zeros_like(kept)
    if not len(coarse):
        return near
    places = volume.to_lps(metal[:, ::-1] + (0, 0, first))
    anatomy_places = volume.to_lps(coarse)
    around = np.all(
        (anatomy_places >= places.min(axis=0) - REACH_MM) & (anatomy_places <= places.max(axis=0) + REACH_MM), axis=1
    )
    if around.any():
        distance, _unused = cKDTree(anatomy_places[around]).query(places, distance_upper_bound=REACH_MM)
        near[tuple(metal[np.isfinite(distance)].T)] = True
    return near


def _figures(limit: float, pieces: int, ratio: float) -> dict[str, object]:
    return {"threshold_hu": round(limit), "pieces": pieces, "sure": confidence_label(ratio)}


def _projection(scene: ScanOverview, kept: np.ndarray, first: int, total: float, near: bool) -> RasterImage:
    """Brightest values from the front, feet down, metal in red."""
    array = scene.volume.array
    soft = scene.soft if scene.soft is not None else 0.0
    mask = np.zeros((array.shape[0], array.shape[2]), bool)
    mask[first : first + len(kept)] = kept.any(axis=1)
    up = slice(None, None, -1) if scene.volume.affine[2, 2] > 0 else slice(None)
    picture = overlay_mask(apply_window(array.max(axis=1), soft - 100, soft + 2000)[up], mask[up], RED)
    beside = _(" within {reach_mm:.0f} mm of the chosen anatomy", reach_mm=REACH_MM) if near else ""
    text = _("{total:.0f} mm3{beside} are as bright as metal (red), seen from the front.", total=total, beside=beside)
    name = "metal-near" if near else "metal"
    return RasterImage(name, text, text, resample_isotropic(picture, scene.volume.spacing[2], scene.volume.spacing[0]))
