"""Faces between other materials than the scan's main ones lie half-way between both of their sides."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import Segment, Segmentation
from dicomtoprint.volume import Volume

STEP, BLUR = 0.6, 0.45
OUTER, BONE, MARROW, MUSCLE = 14.0, 1200.0, 300.0, 40.0
HALFWAY = (BONE + MUSCLE) / 2.0


@cache
def shell(wall: float, threshold: float, noise: float = 12.0) -> tuple[Mesh, Mapping]:
    """A blurred shell of bone with marrow in it, as a surface at one grey value, and its figures."""
    from scipy import ndimage, special

    axis = np.arange(-18.0, 18.01, STEP)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    away = np.sqrt(x * x + y * y + z * z)
    over = [0.5 * special.erfc((away - r) / (BLUR * 2**0.5)) for r in (OUTER, OUTER - wall)]
    rough = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=away.shape), (0.0, 0.6, 0.6))
    grey = MUSCLE + (BONE - MUSCLE) * over[0] - (BONE - MARROW) * over[1] + noise / rough.std() * rough
    affine = np.diag([STEP, STEP, STEP, 1.0])
    affine[:3, 3] = -18.0
    volume = Volume(grey.astype(np.float32), affine)
    segment = Segment("bone", 1, "Bone", (1.0, 1.0, 1.0), threshold, {}, 0.0)
    labels = (volume.array >= threshold).astype(np.uint8)
    model = reconstruct_surfaces(Segmentation(volume, affine, labels, None, (segment,)))
    return model.meshes[0], model.figures[0]


def radii(mesh: Mesh, wall: float) -> tuple[float, float]:
    away = np.linalg.norm(mesh.points[mesh.triangles].mean(axis=1), axis=1)
    weight = np.linalg.norm(mesh.triangle_normals(), axis=1)
    inner = away < OUTER - wall / 2.0
    return float(np.average(away[~inner], weights=weight[~inner])), float(
        np.average(away[inner], weights=weight[inner])
    )


def test_the_face_beside_marrow_is_half_way_between_bone_and_marrow():
    mesh, figures = shell(6.0, HALFWAY)
    outer, inner = radii(mesh, 6.0)
    assert outer == pytest.approx(OUTER, abs=0.02)
    assert inner == pytest.approx(OUTER - 6.0, abs=0.03)  # 7.86 mm at one grey value
    assert figures["halfway_shift_max_mm"] == pytest.approx(0.16, abs=0.04)
    assert figures["p95_deviation_mm"] < 0.08  # from the half-way value, not from one value for all


def test_noise_leaves_no_ledges():
    mesh, _figures = shell(6.0, HALFWAY, 40.0)
    away = np.linalg.norm(mesh.points, axis=1)
    inner = away < OUTER - 3.0
    assert radii(mesh, 6.0)[1] == pytest.approx(OUTER - 6.0, abs=0.04)
    assert away[inner].std() < 0.07


def test_a_grey_value_that_was_chosen_otherwise_is_kept():
    mesh, figures = shell(6.0, 450.0)
    assert figures["halfway_shift_max_mm"] == 0.0
    assert radii(mesh, 6.0)[1] < OUTER - 6.0 - 0.15


def test_thin_walls_that_show_no_side_stay():
    figures = shell(2.0, HALFWAY)[1]
    assert figures["halfway_shift_max_mm"] < 0.02
