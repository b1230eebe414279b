"""From labels to closed surfaces: validity, place, handedness, cuts, cleaning, provenance, the slower way."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import erf

from dicomtoprint.errors import RefusedError
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Provenance
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import Segment, Segmentation
from dicomtoprint.volume import Volume

RADIUS = 9.0
BLUR = 0.8  # mm, standard deviation


def affine_of(kind: str) -> np.ndarray:
    """Index to LPS mm, centred on the grid of 40 voxels."""
    matrix = {
        "plain": np.diag([0.6, 0.6, 0.6]),
        "anisotropic": np.diag([0.5, 0.6, 1.0]),
        "left-handed": np.diag([0.6, 0.6, -0.6]),
        "sheared": np.array([[0.6, 0, 0], [0, 0.6, 0.25], [0, 0, 0.8]]),
        "oblique": 0.6 * np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0],
    }[kind]
    affine = np.eye(4)
    affine[:3, :3] = matrix
    affine[:3, 3] = -matrix @ np.array([19.5, 19.5, 19.5]) + [5.0, -7.0, 100.0]
    return affine


def grid(affine: np.ndarray, shape=(40, 40, 40)) -> np.ndarray:
    """(k, j, i, 3) LPS mm of the voxels, around the middle of the grid."""
    k, j, i = np.indices(shape)
    return np.stack([i, j, k], axis=-1) @ affine[:3, :3].T + affine[:3, 3] - [5.0, -7.0, 100.0]


def scan(
    distance: np.ndarray, affine: np.ndarray, labels=None, provenance=None, names=("bone",), boundary=300.0
) -> Segmentation:
    """A grey volume of 1000 HU inside and -400 outside, blurred by `BLUR`, and its segmentation."""
    grey = np.rint(300.0 - 700.0 * erf(distance / (BLUR * 2**0.5))).astype(np.int16)
    if labels is None:
        labels = (grey >= 300).astype(np.uint8)
    segments = tuple(Segment(name, n + 1, name, (1.0, 1.0, 1.0), boundary, {}, 0.0) for n, name in enumerate(names))
    return Segmentation(Volume(grey, affine), affine, labels, provenance, segments)


def ball(affine: np.ndarray, radius: float = RADIUS, centre=(0.0, 0.0, 0.0)) -> np.ndarray:
    return np.linalg.norm(grid(affine) - centre, axis=-1) - radius


def assert_valid(mesh) -> None:
    facts = analyse_topology(mesh)
    assert facts.closed, facts
    assert len(self_intersections(mesh)) == 0
    assert mesh.volume > 0.0


@pytest.mark.parametrize("kind", ["plain", "anisotropic", "left-handed", "sheared", "oblique"])
def test_a_ball_is_where_it_is_on_every_grid(kind):
    affine = affine_of(kind)
    # The half-way value of a blurred ball lies inwards by the variance over the radius.
    model = reconstruct_surfaces(scan(ball(affine) + BLUR**2 / RADIUS, affine))
    mesh = model.meshes[0]
    assert_valid(mesh)
    distance = np.linalg.norm(mesh.points - [5.0, -7.0, 100.0], axis=1)
    middle = np.linalg.norm(mesh.points[mesh.triangles].mean(axis=1) - [5.0, -7.0, 100.0], axis=1)
    area = np.linalg.norm(mesh.triangle_normals(), axis=1)
    # Corners lie outside and middles inside of a convex body; over the faces they must balance.
    corners = np.average(distance[mesh.triangles].mean(axis=1), weights=area)
    assert abs(0.25 * corners + 0.75 * np.average(middle, weights=area) - RADIUS) < 0.01
    assert np.abs(distance - RADIUS).max() < 0.15
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.004)
    deviation = mesh.point_arrays["Deviation"]
    assert deviation.shape == (len(mesh.points),)
    # The array says how far the surface lies from the grey-value boundary, point by point.
    assert np.abs(deviation - (distance - RADIUS + BLUR**2 / RADIUS)).max() < 0.12
    figures = model.figures[0]
    assert figures["blur_mm"] == pytest.approx((BLUR, BLUR), rel=0.06)
    assert figures["blur_shift_mean_mm"] == pytest.approx(BLUR**2 / RADIUS, rel=0.25)
    assert figures["valid"] is True
    assert figures["mean_deviation_mm"] <= figures["p95_deviation_mm"] <= figures["max_deviation_mm"]
    assert figures["max_deviation_mm"] < 0.15 + figures["blur_shift_max_mm"]


def test_every_voxel_on_the_boundary_value_is_no_trap():
    affine = affine_of("plain")
    blocks = np.where(np.random.default_rng(0).random((20, 20, 20)) < 0.4, 300, -400).astype(np.int16)
    labels = (blocks >= 300).astype(np.uint8)
    given = Segmentation(
        Volume(blocks, affine), affine, labels, None, (Segment("x", 1, "x", (1, 1, 1), 300.0, {}, 0.0),)
    )
    model = reconstruct_surfaces(given, min_fragment_mm3=0.0, max_cavity_mm3=0.0, smoothing=0)
    assert_valid(model.meshes[0])


def test_noise_comes_out_valid_smoothed_and_simplified():
    affine = affine_of("plain")
    rng = np.random.default_rng(4)
    rough = ball(affine) + rng.normal(scale=0.6, size=(40, 40, 40))
    model = reconstruct_surfaces(scan(rough, affine), max_triangles=6000)
    assert_valid(model.meshes[0])
    assert len(model.meshes[0].triangles) <= 6000


def test_a_structure_cut_by_the_field_of_view_is_closed_flat_and_marked():
    affine = affine_of("plain")
    rod = np.linalg.norm(grid(affine)[..., :2], axis=-1) - 6.0
    mesh = reconstruct_surfaces(scan(rod, affine)).meshes[0]
    assert_valid(mesh)
    low, high = mesh.points[:, 2].min() - 100.0, mesh.points[:, 2].max() - 100.0
    assert high == pytest.approx(20 * 0.6, abs=0.1)
    assert low == pytest.approx(-20 * 0.6, abs=0.1)
    area = np.linalg.norm(mesh.triangle_normals(), axis=1) / 2.0
    cut = area[mesh.triangle_arrays["Provenance"] == Provenance.CUT].sum()
    assert cut == pytest.approx(2 * np.pi * 6.0**2, rel=0.1)


@pytest.mark.parametrize("ceiling", [500_000, 3000])
def test_provenance_keeps_its_area_through_smoothing_and_decimation(ceiling):
    affine = affine_of("plain")
    distance = ball(affine)
    provenance = np.zeros((40, 40, 40), np.uint8)
    provenance[:, :, :20] = Provenance.BRIDGED  # the half towards -x
    given = scan(distance, affine, provenance=provenance)
    mesh = reconstruct_surfaces(given, max_triangles=ceiling, max_deviation_mm=0.1).meshes[0]
    area = np.linalg.norm(mesh.triangle_normals(), axis=1)
    share = area[mesh.triangle_arrays["Provenance"] == Provenance.BRIDGED].sum() / area.sum()
    assert share == pytest.approx(0.5, abs=0.03)
    x = mesh.points[mesh.triangles].mean(axis=1)[:, 0] - 5.0
    assert (mesh.triangle_arrays["Provenance"][x < -1.5] == Provenance.BRIDGED).all()
    assert (mesh.triangle_arrays["Provenance"][x > 1.5] == Provenance.MEASURED).all()


def test_a_filled_hole_is_added_and_an_interpolated_slice_bridged():
    affine = affine_of("plain")
    distance = np.maximum(ball(affine), 3.0 - np.linalg.norm(grid(affine)[..., :2], axis=-1))  # bored through along z
    labels = (ball(affine) < 0).astype(np.uint8)
    given = scan(distance, affine, labels=labels)
    interpolated = np.zeros(40, bool)
    interpolated[18:22] = True
    given = replace(given, volume=Volume(given.volume.array, affine, interpolated))
    mesh = reconstruct_surfaces(given).meshes[0]
    assert_valid(mesh)
    shares = reconstruct_surfaces(given).figures[0]["provenance_area_percent"]
    assert shares["added"] > 3.0
    assert shares["bridged"] == pytest.approx(100 * 4 * 0.6 / (2 * RADIUS), abs=3.0)


def test_two_segments_share_their_boundary():
    affine = affine_of("plain")
    distance = ball(affine)
    labels = (distance < 0).astype(np.uint8)
    labels[:, :, 20:][labels[:, :, 20:] > 0] = 2
    model = reconstruct_surfaces(
        scan(distance, affine, labels=labels, names=("left", "right")), smoothing=0, max_deviation_mm=0.0
    )
    left, right = model.meshes
    assert_valid(left)
    assert_valid(right)
    assert left.volume + right.volume == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.01)
    on_border = {tuple(np.round(p, 4)) for p in left.points} & {tuple(np.round(p, 4)) for p in right.points}
    assert len(on_border) > 500


def test_fragments_and_cavities_go_by_volume_and_are_listed():
    affine = affine_of("plain")
    small = ball(affine, 1.2, (10.0, 10.0, 10.0))
    bubble = ball(affine, 1.5, (2.0, 0.0, 0.0))
    distance = np.maximum(np.minimum(ball(affine), small), -bubble)
    kept = reconstruct_surfaces(scan(distance, affine), min_fragment_mm3=0.5, max_cavity_mm3=0.5)
    assert kept.figures[0]["components"] == 3
    clean = reconstruct_surfaces(scan(distance, affine), min_fragment_mm3=20.0, max_cavity_mm3=float("inf"))
    assert clean.figures[0]["components"] == 1
    assert_valid(clean.meshes[0])
    listed = {(p["kind"], p["kept"]): p for p in clean.figures[0]["fragments"]}
    assert set(listed) == {("body", True), ("body", False), ("cavity", False)}
    assert listed["body", False]["volume_mm3"] == pytest.approx(4 / 3 * np.pi * 1.2**3, rel=0.25)
    np.testing.assert_allclose(listed["body", False]["centre_lps"], [15.0, 3.0, 110.0], atol=0.3)
    assert any("1 cavity, 1 filled" in step.effect for step in clean.steps)


def test_label_without_grey_values():
    affine = affine_of("anisotropic")
    given = replace(scan(ball(affine), affine), volume=None)
    model = reconstruct_surfaces(given)
    assert_valid(model.meshes[0])
    assert model.meshes[0].volume == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.02)
    assert any("no grey values" in note for note in model.notes)


@pytest.mark.parametrize("values", [(256,), (65535,), (255, 256), (1, 300, 65535)])
def test_labels_of_any_value_become_surfaces(values):
    affine = affine_of("anisotropic")
    one = scan(ball(affine), affine)
    labels = np.zeros(one.labels.shape, np.uint16)
    for value, k in zip(values, np.array_split(np.arange(len(labels)), len(values))):
        labels[k] = np.where(one.labels[k] > 0, value, 0)
    segments = tuple(replace(one.segments[0], id=str(value), label=value) for value in values)
    model = reconstruct_surfaces(replace(one, labels=labels, segments=segments, volume=None), max_triangles=5_000)
    assert len(model.meshes) == len(values)
    assert sum(len(mesh.triangles) for mesh in model.meshes) <= 5_000
    for mesh in model.meshes:
        assert_valid(mesh)


def test_a_thin_rod_of_a_label_keeps_its_volume():
    affine = affine_of("anisotropic")
    across = grid(affine) @ np.array([[0.8, 0.0], [0.0, 1.0], [-0.6, 0.0]])
    along = np.abs(grid(affine) @ [0.6, 0.0, 0.8])
    rod = np.maximum(np.linalg.norm(across, axis=-1) - 1.1, along - 8.0)
    given = replace(scan(rod, affine, labels=(rod < 0).astype(np.uint8)), volume=None)
    mesh = reconstruct_surfaces(given).meshes[0]
    assert_valid(mesh)
    assert mesh.volume == pytest.approx(np.pi * 1.1**2 * 16.0, rel=0.2)
    assert np.abs(mesh.point_arrays["Deviation"]).max() < 0.8  # of voxels of 0.5 x 0.6 x 1.0 mm


@pytest.mark.parametrize("room", [0, 8_000_000], ids=["whole steps", "half steps"])
def test_triangles_of_a_label_come_from_where_its_voxels_do(monkeypatch, room):
    monkeypatch.setattr("dicomtoprint.mesh.isosurface._HALVED", room)
    affine = affine_of("plain")
    provenance = np.zeros((40, 40, 40), np.uint8)
    provenance[:, :, 20:] = Provenance.ADDED
    given = replace(scan(ball(affine), affine, provenance=provenance), volume=None)
    mesh = reconstruct_surfaces(given, max_deviation_mm=0.0).meshes[0]
    middle = mesh.points[mesh.triangles].mean(axis=1)[:, 0] - 5.0
    kinds = mesh.triangle_arrays["Provenance"]
    assert set(kinds[middle < -0.6]) == {Provenance.MEASURED} and set(kinds[middle > 0.6]) == {Provenance.ADDED}


def test_dark_structure_in_bright_surroundings():
    affine = affine_of("plain")
    grey = np.rint(700.0 * erf((ball(affine) + BLUR**2 / RADIUS) / (BLUR * 2**0.5))).astype(np.int16)
    labels = (grey < 0).astype(np.uint8)
    segment = Segment("airway", 1, "Airway", (1, 1, 1), 0.0, {}, 0.0, brighter_than_background=False)
    mesh = reconstruct_surfaces(Segmentation(Volume(grey, affine), affine, labels, None, (segment,))).meshes[0]
    assert_valid(mesh)
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.01)


def test_without_the_optional_package_it_is_valid_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "fast_simplification", None)
    affine = affine_of("plain")
    model = reconstruct_surfaces(scan(ball(affine), affine), max_triangles=3000)
    assert_valid(model.meshes[0])
    assert len(model.meshes[0].triangles) <= 3000
    assert set(np.unique(model.meshes[0].triangle_arrays["Provenance"])) == {Provenance.MEASURED}


def test_nothing_to_make_a_surface_of():
    affine = affine_of("plain")
    with pytest.raises(RefusedError):
        reconstruct_surfaces(scan(np.ones((40, 40, 40)), affine))


def test_phantom_is_valid_at_a_fifth_of_its_triangles(phantom):
    volume, truth = phantom
    labels = (volume.array >= truth.boundary_hu).astype(np.uint8)
    segment = Segment("bone", 1, "Bone", (1, 1, 1), truth.boundary_hu, {}, 0.0)
    model = reconstruct_surfaces(Segmentation(volume, volume.affine, labels, None, (segment,)), max_triangles=12_000)
    assert_valid(model.meshes[0])
    assert len(model.meshes[0].triangles) <= 12_000
    assert model.figures[0]["mean_deviation_mm"] < 0.05


def test_one_or_two_threads_make_the_same_bytes(monkeypatch):
    import os

    from vtkmodules.vtkCommonCore import vtkSMPTools

    affine = affine_of("anisotropic")
    rough = ball(affine) + np.random.default_rng(2).normal(scale=0.3, size=(40, 40, 40))
    made = []
    for threads in (1, 2):
        monkeypatch.setattr(os, "cpu_count", lambda count=threads: count)
        vtkSMPTools.Initialize(threads)
        mesh = reconstruct_surfaces(scan(rough, affine), max_triangles=8000).meshes[0]
        made.append(mesh.points.tobytes() + mesh.triangles.tobytes() + mesh.point_arrays["Deviation"].tobytes())
    vtkSMPTools.Initialize(0)
    assert made[0] == made[1]
