"""Metal: the brightest pieces."""

import numpy as np

from ...findings import Fact
from ...picture import Picture, picture_from_array
from .drawing import RED, tint, to_scale, window
from .scene import Scene
from .slices import centre_of_slice, sureness, words

# Part of the method: enamel ends at about 2500 HU; scanners clip at 3071, so what reaches the clip counts as well.
METAL_HU, OF_MAXIMUM, CLIPPED_ABOVE_HU = 2500.0, 0.97, 2000.0
SMALLEST_MM3 = 20.0


def metal(scene: Scene, numbers: tuple[int, ...]) -> tuple[Fact, tuple[Picture, ...]]:
    """Fact ``metal_mm3``: volume of pieces as bright as metal. Enamel and dense contrast medium can trip it: ask."""
    from scipy import ndimage

    array = scene.volume.array
    brightest = float(array.max())
    limit = min(METAL_HU, OF_MAXIMUM * brightest) if brightest > CLIPPED_ABOVE_HU else METAL_HU
    evidence = f"pixels: pieces above {limit:.0f} HU"
    if brightest <= limit:
        return Fact("metal_mm3", 0.0, "", evidence, parameters=_figures(limit, 0, brightest / METAL_HU)), ()
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
