"""The blur and the accuracy that are read from a scan, against edges and solids that are known."""

import numpy as np
import pytest

from dicomtoprint.accuracy import Modelled, estimate_accuracy, estimate_noise
from dicomtoprint.imaging import estimate_psf
from dicomtoprint.imaging.surface_deviation import vertex_areas
from dicomtoprint.mesh.core import Provenance
from dicomtoprint.phantom import boundary_distance, make_phantom_volume
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.volume import Volume

RADIUS = 15.0


def blurred_ball(in_plane=0.5, across=0.8, spacing=(0.7, 0.7, 1.0), noise=10.0):
    """A ball of 1200 in 40, blurred by a Gaussian of these widths in mm: rendered five times finer, then thinned."""
    from scipy import ndimage

    finer, size = 3, (54, 76, 76)
    step = np.array(spacing)[::-1] / finer
    k, j, i = (np.arange(n * finer) for n in size)
    middle = [(n * finer - 1) / 2 for n in size]
    z, y, x = ((a - m) * s for a, m, s in zip((k, j, i), middle, step))
    away = np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
    solid = np.clip((RADIUS - away) / step.mean() + 0.5, 0, 1)
    soft = ndimage.gaussian_filter(solid.astype(np.float32), np.array([across, in_plane, in_plane]) / step)
    grey = 40 + 1160 * soft[1::finer, 1::finer, 1::finer]
    grey += np.random.default_rng(3).normal(0, noise, grey.shape)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -np.array(spacing) * (np.array(size)[::-1] - 1) / 2
    return Volume(grey.astype(np.float32), affine)


@pytest.fixture(scope="module")
def scan():
    return blurred_ball()


def test_blur_is_read_from_the_edges_in_both_directions(scan, ball):
    blur = estimate_psf(scan, [ball(radius=RADIUS, rings=48)])
    assert blur.in_plane_mm == pytest.approx(0.5, rel=0.06)
    assert blur.through_plane_mm == pytest.approx(0.8, rel=0.06)
    assert blur.inside == pytest.approx(1200, abs=30)
    assert blur.outside == pytest.approx(40, abs=30)
    assert blur.full_widths_mm[0] == pytest.approx(2.355 * blur.in_plane_mm, rel=1e-3)


def test_no_edges_no_blur(scan, ball):
    assert estimate_psf(Volume(np.zeros((40, 40, 40), np.float32), scan.affine), [ball(radius=RADIUS)]) is None
    assert estimate_accuracy(scan, [ball((900.0, 0.0, 0.0), 10.0)], 10.0) is None


@pytest.mark.parametrize("off", [0.0, 0.3])
def test_a_surface_beside_the_edge_is_measured_so(scan, ball, off):
    mesh = ball(radius=RADIUS + off, rings=48)
    mesh = mesh.with_arrays(point_arrays={"Deviation": np.full(len(mesh.points), off, np.float32)})
    found = estimate_accuracy(scan, [mesh], estimate_noise(scan), points=300)
    assert found.mean_mm == pytest.approx(off, abs=0.05)
    assert found.p95_mm == pytest.approx(off, abs=0.08)
    assert found.share == 1.0


def test_only_what_was_measured_counts(scan, ball):
    mesh = ball(radius=RADIUS, rings=48)
    added = np.full(len(mesh.triangles), Provenance.ADDED, np.uint8)
    assert estimate_accuracy(scan, [mesh.with_arrays(triangle_arrays={"Provenance": added})], 10.0) is None


def test_bridged_thin_bone_is_judged_where_every_slice_was_scanned(scan, ball):
    mesh = ball(radius=RADIUS + 0.3, rings=48)
    off = np.full(len(mesh.points), 0.3, np.float32)
    bridged = np.full(len(mesh.triangles), Provenance.BRIDGED, np.uint8)
    mesh = mesh.with_arrays(point_arrays={"Deviation": off}, triangle_arrays={"Provenance": bridged})
    assert estimate_accuracy(scan, [mesh], estimate_noise(scan), points=300).p95_mm == pytest.approx(0.3, abs=0.08)
    holes = np.zeros(scan.array.shape[0], dtype=bool)
    holes[10] = True
    assert estimate_accuracy(Volume(scan.array, scan.affine, holes), [mesh], 10.0, points=300) is None


def test_a_surface_of_modelled_walls_alone_has_what_is_expected_of_them(scan, ball):
    mesh = ball(radius=RADIUS, rings=48)
    blur, walls = estimate_psf(scan, [mesh]), np.linspace(0.0, 0.2, 101)
    mesh = mesh.with_arrays(triangle_arrays={"Provenance": np.full(len(mesh.triangles), Provenance.MODELLED, np.uint8)})
    found = estimate_accuracy(
        scan, [mesh], 10.0, points=100, blur=blur, modelled=Modelled(1.0, walls, walls, 1200.0, True)
    )
    assert found.p95_mm == pytest.approx(0.19, abs=0.003) and found.mean_mm == pytest.approx(0.1, abs=0.003)


def test_reported_accuracy_is_the_true_one():
    """The figures of the report against the distance of the model from the phantom's solids, coarse voxels on
    purpose: partial volume then costs ten times what editing does. Finer ones in Benchmarks/output_truth.py."""
    volume, _truth = make_phantom_volume(shape=(58, 96, 96), spacing=(1.5, 1.5, 2.0), noise_hu=10.0)
    model = reconstruct_surfaces(segment(volume, load_anatomy("bone")))
    found = estimate_accuracy(volume, model.meshes, estimate_noise(volume), points=300)
    mesh = model.meshes[0]
    off, area = np.abs(boundary_distance(mesh.points)), vertex_areas(mesh)
    order = np.argsort(off)
    share = np.cumsum(area[order]) / area.sum()
    assert found.mean_mm == pytest.approx(float((off * area).sum() / area.sum()), abs=0.05)
    assert found.p95_mm == pytest.approx(float(off[order][np.searchsorted(share, 0.95)]), abs=0.05)
    assert found.max_mm == pytest.approx(float(off.max()), rel=0.2)
    assert found.scan_p95_mm > 0.2  # without the scan's blur the report would promise too much


def test_the_largest_reported_distance_is_the_true_one():
    """The comb of the phantom: plates from 0.5 mm, sharp edges, corners where parts meet."""
    volume, _truth = make_phantom_volume(
        shape=(64, 110, 90), spacing=(0.6, 0.6, 0.75), centre=(-4.0, -8.0, -28.0), padding=False, couch=False
    )
    mesh = reconstruct_surfaces(segment(volume, load_anatomy("bone"))).meshes[0]
    found = estimate_accuracy(volume, [mesh], estimate_noise(volume))
    measured = mesh.triangles[mesh.triangle_arrays["Provenance"] == Provenance.MEASURED]
    corners = mesh.points[np.unique(measured)].astype(float)
    index = volume.to_ijk(corners)
    away_from_the_rim = ((index > 5.0) & (index < np.array(volume.array.shape[::-1]) - 6.0)).all(axis=1)
    assert found.max_mm == pytest.approx(np.abs(boundary_distance(corners[away_from_the_rim])).max(), abs=0.05)
    assert found.max_known_to_mm < 0.1
