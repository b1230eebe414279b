"""A small picture of the model for the 3MF: the same bytes on every machine, without OpenGL."""

from collections.abc import Sequence

import numpy as np

from ..images.image import png_image
from ..mesh.core import Mesh
from ..mesh.surface_sampling import draw_by_weight

_SIDE = 256
_SAMPLES = 400_000
# Direction to the viewer in LPS: from the front, the patient's right and slightly above.
_TOWARD = np.array([-0.45, -0.85, 0.28])
_BACKGROUND = 255


def render_thumbnail(meshes: Sequence[Mesh]) -> bytes:
    """A shaded picture of meshes.

    Parameters
    ----------
    meshes
        In LPS mm.

    Returns
    -------
    bytes
        PNG of 256 x 256 pixels; empty for meshes without area. The same on every machine: points sampled evenly on the surface are
        drawn into a depth buffer, shaded by their normals.
    """
    from scipy import ndimage

    toward = _TOWARD / np.linalg.norm(_TOWARD)
    right = np.cross(toward, (0.0, 0.0, -1.0))
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(toward, right), toward], axis=1)
    total = sum(mesh.area for mesh in meshes)
    if total <= 0:
        return b""
    seen, colors = [], []
    for mesh in meshes:
        places, normals = _samples(mesh, max(int(_SAMPLES * mesh.area / total), 1))
        light = np.clip(normals @ toward, 0.0, 1.0)
        seen.append(places @ axes)
        colors.append((0.25 + 0.75 * light)[:, None] * np.asarray(mesh.color) * 255)
    place, color = np.concatenate(seen), np.concatenate(colors)
    low, high = place[:, :2].min(axis=0), place[:, :2].max(axis=0)
    scale = 0.92 * (_SIDE - 1) / max(float((high - low).max()), 1e-6)
    at = (place[:, :2] - (low + high) / 2) * scale + (_SIDE - 1) / 2
    row, column = (_SIDE - 1 - np.rint(at[:, 1])).astype(int), np.rint(at[:, 0]).astype(int)
    order = np.argsort(place[:, 2], kind="stable")  # by depth, the nearest last
    pixels = np.full((_SIDE, _SIDE, 3), _BACKGROUND, dtype=np.uint8)
    pixels[row[order], column[order]] = np.rint(color[order]).astype(np.uint8)
    # Where no near point fell into a pixel, a far one shows through; the median of its neighbours covers it.
    return png_image("thumbnail", "", "", ndimage.median_filter(pixels, size=(3, 3, 1))).data


def _samples(mesh: Mesh, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) points distributed evenly by area and their unit normals (n, 3)."""
    normals = mesh.triangle_normals()
    double = np.linalg.norm(normals, axis=1)
    one, two = np.random.default_rng(0).random((2, count))
    root = np.sqrt(one)
    shares = np.stack([1.0 - root, root * (1.0 - two), root * two], axis=1)
    drawn, places = draw_by_weight(mesh, double, (np.arange(count) + 0.5) / count, shares, side="left")
    return places, normals[drawn] / np.maximum(double[drawn, None], 1e-30)
