"""Metal: the brightest pieces."""

import numpy as np

from ...findings import Fact
from ...picture import Picture, picture_from_array
from .drawing import RED, tint, to_scale, window
from .scene import Scene
from .slices import centre_of_slice, sureness, words

# Part of the method: enamel ends at about 2500 HU; scanners clip at 3071, so what reaches the clip counts as well.
METAL_HU, OF_MAXIMUM, CLIPPED_ABOVE_HU = 2500.0, 0.97, 2000.0
SMALLEST_MM3, LOST_INTERCEPT_HU = 20.0, 300.0


def metal(scene: Scene, numbers: tuple[int, ...]) -> tuple[Fact, tuple[Picture, ...]]:
    """Fact ``metal_mm3``: volume of pieces as bright as metal. Enamel and dense contrast medium can trip it: ask."""
    from scipy import ndimage

    array = scene.volume.array
    # A lost intercept shifts all grey values: air says by how much.
    lost = scene.air + 1000.0 if scene.air is not None and abs(scene.air + 1000.0) > LOST_INTERCEPT_HU else 0.0
    brightest = float(array.max())
    clipped = brightest - lost > CLIPPED_ABOVE_HU
    limit = min(METAL_HU + lost, OF_MAXIMUM * brightest) if clipped else METAL_HU + lost
    evidence = f"pixels: pieces above {limit:.0f} HU"
    if brightest <= limit:
        return Fact("metal_mm3", 0.0, "", evidence, parameters=_figures(limit, 0, brightest / limit)), ()
    slices = np.flatnonzero(array.max(axis=(1, 2)) > limit)
    bright = array[slices[0]: slices[-1] + 1] > limit
    labels, count = ndimage.label(bright)
    volumes = np.bincount(labels.ravel(), minlength=count + 1)[1:] * scene.volume.voxel_volume
    pieces = np.flatnonzero(volumes > SMALLEST_MM3) + 1
    total = float(volumes[pieces - 1].sum())
    figures = _figures(limit, len(pieces), float(volumes.max(initial=0.0)) / SMALLEST_MM3)
    if len(pieces) == 0:
        return Fact("metal_mm3", 0.0, "", evidence, parameters=figures), ()
    kept = np.isin(labels, pieces)
    met = np.flatnonzero(kept.any(axis=(1, 2))) + slices[0]
    largest = ndimage.center_of_mass(labels == pieces[int(np.argmax(volumes[pieces - 1]))])[0] + slices[0]
    fact = Fact("metal_mm3", round(total, 1), words(met, numbers), evidence, parameters=figures,
                places=(centre_of_slice(scene.volume, round(float(largest))),))
    return fact, (_projection(scene, kept, int(slices[0]), total),)


def _figures(limit: float, pieces: int, ratio: float) -> dict[str, object]:
    return {"threshold_hu": round(limit), "pieces": pieces, "sure": sureness(ratio)}


def _projection(scene: Scene, kept: np.ndarray, first: int, total: float) -> Picture:
    """Brightest values from the front, feet down, metal in red."""
    array = scene.volume.array
    soft = scene.soft if scene.soft is not None else 0.0
    mask = np.zeros((array.shape[0], array.shape[2]), bool)
    mask[first: first + len(kept)] = kept.any(axis=1)
    up = slice(None, None, -1) if scene.volume.affine[2, 2] > 0 else slice(None)
    picture = tint(window(array.max(axis=1), soft - 100, soft + 2000)[up], mask[up], RED)
    text = f"{total:.0f} mm3 are as bright as metal (red), seen from the front."
    return picture_from_array("metal", text, text, to_scale(picture, scene.volume.spacing[2], scene.volume.spacing[0]))
