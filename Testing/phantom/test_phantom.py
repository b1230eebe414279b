"""The phantom against its own truth: partial volume, half-way surfaces, volumes, tilt, defects, repeatability."""

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.phantom import boundary_distance, make_phantom_volume, object_distances, signed_distance
from dicomtoprint.phantom.ct_simulation import PADDING_HU, add_noise
from dicomtoprint.phantom.geometry import PLATES_MM, build_geometry
from dicomtoprint.phantom.solids import Ball, Box, EllipticCylinder, RoundCone, Shell, Union

SHAPE, SPACING = (56, 110, 110), (1.0, 1.0, 2.0)


@pytest.fixture(scope="module")
def clean():
    """Noise-free phantom at 0.6 x 0.6 x 0.75 mm, without couch and skin, which only cost time here."""
    return make_phantom_volume(
        (140, 130, 165), (0.6, 0.6, 0.75), noise_hu=0, padding=False, couch=False, centre=(3.0, -6.0, 0.0)
    )


def sample(volume, points):
    """Linear interpolation at (n, 3) LPS points."""
    return ndimage.map_coordinates(volume.array, volume.to_ijk(points)[:, ::-1].T, order=1, output=float)


def lattice(volume):
    """(n, 3) LPS float32 of every voxel, in the order of `array.ravel()`."""
    return volume.to_lps(np.argwhere(np.ones(volume.array.shape, bool))[:, ::-1]).astype(np.float32)


def crossing(volume, centre, direction, level, reach):
    """Distance from `centre` along `direction` at which the grey value crosses `level`, found on a fine line."""
    steps = np.arange(0, reach, 0.01)
    values = sample(volume, np.asarray(centre) + steps[:, None] * np.asarray(direction))
    below = np.flatnonzero(np.diff(np.sign(values - level)))
    assert len(below) >= 1
    i = below[0]
    return steps[i] + 0.01 * (level - values[i]) / (values[i + 1] - values[i])


@pytest.mark.parametrize(
    "solid",
    [
        Ball((1, 2, 3), 5.0),
        Shell((0, 0, 0), 8.0, 2.0, (0.6, 0.0, 0.8), 1.5),
        Box((0, 1, 2), (3, 4, 5), ((0.6, 0.8, 0), (-0.8, 0.6, 0), (0, 0, 1))),
        RoundCone((0, 0, -5), (1, 2, 8), 4.0, 2.5),
        Shell((0, 0, 0), 6.0, 1.5),
    ],
)
def test_distance_is_a_distance(solid):
    points = np.random.default_rng(1).uniform(-12, 12, (4000, 3))
    distance = solid.distance(points)
    gradient = np.stack([(solid.distance(points + e) - solid.distance(points - e)) / 2e-5 for e in 1e-5 * np.eye(3)])
    slope = np.linalg.norm(gradient, axis=0)
    outside = distance > 0.05
    assert np.percentile(np.abs(slope[outside] - 1), 99) < 1e-4
    # The foot point found along the gradient lies on the surface.
    feet = points[outside] - distance[outside][:, None] * gradient.T[outside]
    assert np.percentile(np.abs(solid.distance(feet)), 99) < 1e-4


def test_distance_of_an_ellipse_is_right_at_its_surface():
    ellipse = EllipticCylinder((3.0, -2.0), (60.0, 40.0))
    angle = np.linspace(0, 2 * np.pi, 50)
    on = np.stack([3 + 60 * np.cos(angle), -2 + 40 * np.sin(angle), angle], axis=1)
    normal = np.stack([np.cos(angle) / 60, np.sin(angle) / 40, 0 * angle], axis=1)
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    for away in (-1.0, 0.0, 1.0):
        assert ellipse.distance(on + away * normal) == pytest.approx(away, abs=0.05)


def coverage_and_convolution(solid, step=0.1, sigma=0.5):
    """Coverage on a coarse grid, and the solid's voxels of `step` mm blurred by the Gaussian there."""
    axis = np.arange(-5.0, 5.0 + step / 2, step)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    solid_voxels = np.clip(0.5 - solid.distance(grid) / step, 0, 1)
    convolved = ndimage.gaussian_filter(solid_voxels, sigma / step, truncate=6)[::7, ::7, ::7]
    return solid.coverage(grid[::7, ::7, ::7].reshape(-1, 3), sigma).reshape(convolved.shape), convolved


@pytest.mark.parametrize("solid", [Ball((0, 0, 0), 2.0), Box((0, 0, 0), (0.4, 3, 3)), Shell((0, 0, 0), 3.0, 0.8)])
def test_coverage_equals_a_convolution(solid):
    found, convolved = coverage_and_convolution(solid)
    assert found == pytest.approx(convolved, abs=4e-3)


@pytest.mark.parametrize(
    "parts",
    [
        (Box((-1, 0, 0), (1, 2, 3)), Box((0, 0, -2), (2, 2, 1))),  # a letter L: three faces of each in one plane
        (Box((0, 0, -2), (3, 3, 2)), Box((1, 0, 0), (0.5, 2, 3), ((0.6, 0.8, 0), (-0.8, 0.6, 0), (0, 0, 1)))),
        (Ball((-1, 0, 0), 2.0), Ball((1, 0.5, 0), 1.5), Box((0, 0, -1), (3, 1, 1))),
    ],
)
def test_coverage_of_a_union_equals_a_convolution(parts):
    """Where parts meet, too: half a coverage of each is half where their faces are one, not three quarters."""
    found, convolved = coverage_and_convolution(Union(parts))
    off = np.abs(found - convolved)
    assert off.max() < 0.02
    assert np.percentile(off[(convolved > 0.01) & (convolved < 0.99)], 90) < 0.008


def test_half_level_lies_on_plates(clean):
    volume, truth = clean
    plates = object_distances()
    for thickness in (2.0, 3.0):
        plate = plates[f"plate {thickness:g} mm"]
        across = np.asarray(plate.axes[1])
        offsets = np.random.default_rng(0).uniform(-1, 1, (40, 2)) * (8.0, 5.0)
        starts = np.asarray(plate.centre) + offsets @ np.asarray(plate.axes)[[0, 2]]
        found = [crossing(volume, start, sign * across, truth.boundary_hu, 4.0) for start in starts for sign in (-1, 1)]
        assert np.mean(found) == pytest.approx(thickness / 2, abs=0.05 * 0.6)
        assert np.abs(np.asarray(found) - thickness / 2).max() < 0.1 * 0.6


def test_half_level_lies_on_balls(clean):
    volume, truth = clean
    directions = np.random.default_rng(0).standard_normal((200, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    for name in ("ball 1", "ball 2"):
        radii = [crossing(volume, truth.landmarks_lps[name], d, truth.boundary_hu, 9.0) for d in directions]
        # A blurred ball reads smaller by sigma^2 / radius: 0.03 mm here.
        assert np.mean(radii) == pytest.approx(truth.distances_mm["ball diameter"] / 2 - 0.03, abs=0.05 * 0.6)


def test_thin_plates_lose_contrast_as_they_should(clean):
    volume, truth = clean
    plates = object_distances()
    peaks = [sample(volume, np.asarray([plates[f"plate {t:g} mm"].centre]))[0] for t in PLATES_MM]
    assert peaks == sorted(peaks)
    assert peaks[0] < truth.boundary_hu + 200
    assert peaks[-1] > 0.97 * truth.hu["cortical"]


@pytest.mark.parametrize("name", ["ball 1", "hollow shell", "cup", "plate 1 mm"])
def test_volume_by_integration(clean, name):
    volume, truth = clean
    solid = object_distances()[name]
    points = lattice(volume)
    near = (solid.distance(points) < 3.0).reshape(volume.array.shape)
    grey = volume.array.astype(float)
    share = (grey - truth.hu["soft"]) / (truth.hu["cortical"] - truth.hu["soft"])
    if name == "cup":  # the head's cortex is near: count only what lies on the cup's side of the gap
        head = Ball(truth.landmarks_lps["head"], 15.0 + truth.gap_mm / 2)
        near &= (head.distance(points) > 0).reshape(near.shape)
    if name.startswith("plate"):  # its root is embedded in the bar
        plate = object_distances()[name]
        along = ((points - np.asarray(plate.centre)) @ np.asarray(plate.axes[0])).reshape(near.shape)
        near &= (along > -8) & (along < 8)
        assert share[near].sum() * volume.voxel_volume == pytest.approx(1.0 * 16.0 * 16.0, rel=0.02)
        return
    assert share[near].sum() * volume.voxel_volume == pytest.approx(truth.volumes_mm3[name], rel=0.01)


def test_femur_volume_and_bounds_by_sampling():
    truth = make_phantom_volume((2, 16, 16), (9.0, 9.0, 50.0), noise_hu=0)[1]
    femur, (core, _) = build_geometry().bones["femur"], build_geometry().inner["cancellous"]
    xmin, xmax, ymin, ymax, zmin, zmax = truth.bounds_mm["femur"]
    points = np.random.default_rng(0).uniform((xmin, ymin, zmin), (xmax, ymax, zmax), (300_000, 3))
    box = (xmax - xmin) * (ymax - ymin) * (zmax - zmin)
    assert (femur.distance(points) < 0).mean() * box == pytest.approx(truth.volumes_mm3["femur outer"], rel=0.015)
    assert (core.distance(points) < 0).mean() * box == pytest.approx(truth.volumes_mm3["cancellous"], rel=0.02)
    shifted = np.random.default_rng(1).uniform((-70, -70, -56), (70, 70, 56), (300_000, 3))
    inside = shifted[femur.distance(shifted) < 0]
    assert np.all(inside >= np.array([xmin, ymin, zmin]) - 0.2)
    assert np.all(inside <= np.array([xmax, ymax, zmax]) + 0.2)


def test_distances_to_the_bone():
    truth = make_phantom_volume((2, 16, 16), (9.0, 9.0, 50.0), noise_hu=0)[1]
    centre = np.asarray([truth.landmarks_lps["hollow shell"]])
    assert signed_distance(centre)[0] == pytest.approx(-16.0)
    assert boundary_distance(centre)[0] == pytest.approx(14.0)
    assert signed_distance(np.asarray([truth.landmarks_lps["ball 1"]]))[0] == pytest.approx(-5.0)


def test_bones_are_apart_by_the_gap():
    head = Ball(build_geometry().bones["cup"].centre, 15.0)
    assert build_geometry(1.0, 1.5).bones["cup"].distance(np.asarray([head.centre]))[0] == pytest.approx(16.5)
    names = list(build_geometry().bones)
    points = np.random.default_rng(3).uniform((-50, -40, -56), (50, 40, 56), (200_000, 3))
    distances = np.stack([build_geometry().bones[name].distance(points) for name in names])
    nearest = np.sort(distances, axis=0)
    between = nearest[0] > 0
    closest = (nearest[0] + nearest[1])[between].min()
    assert 1.5 - 1e-6 <= closest < 1.6


def test_everything_fits_the_small_field():
    points = np.random.default_rng(4).uniform(-90, 90, (200_000, 3))
    bone = points[signed_distance(points) < 0]
    body = build_geometry().body
    assert np.abs(bone[:, 2]).max() < 55.0
    assert body.distance(bone).max() < -5.0
    assert np.hypot(*np.abs(points[body.distance(points) < 0])[:, :2].T).max() < 72.0


def test_is_not_symmetric():
    points = np.random.default_rng(5).uniform(-55, 55, (50_000, 3))
    inside = signed_distance(points) < 0
    for axis in range(3):
        mirrored = points.copy()
        mirrored[:, axis] *= -1
        both = inside | (signed_distance(mirrored) < 0)
        assert (inside != (signed_distance(mirrored) < 0)).sum() / both.sum() > 0.3


def test_same_seed_same_voxels_and_another_seed_another():
    first, second, other = (make_phantom_volume((6, 64, 64), (2.2, 2.2, 4.0), seed=s)[0].array for s in (7, 7, 8))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_noise_of_a_slice_does_not_depend_on_the_slab():
    few, many = np.zeros((2, 64, 64), np.float32), np.zeros((5, 64, 64), np.float32)
    add_noise(few, 10.0, 0.6, 1)
    add_noise(many, 10.0, 0.6, 1)
    assert np.array_equal(few, many[:2])


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6, 0.8])
def test_noise_has_the_amount_and_the_correlation_asked_for(correlation):
    noise = np.zeros((4, 256, 256), np.float32)
    add_noise(noise, 20.0, correlation, 0)
    assert noise.std() == pytest.approx(20.0, rel=0.03)
    assert (noise[:, :, 1:] * noise[:, :, :-1]).mean() / noise.var() == pytest.approx(correlation, abs=0.03)


def test_padding_is_a_circle():
    array = make_phantom_volume((4, 80, 80), (1.8, 1.8, 4.0))[0].array
    assert array[0, 0, 0] == PADDING_HU
    assert np.all(array[:, 40, 40] > -200)
    assert (array[0] == PADDING_HU).mean() == pytest.approx(1 - np.pi / 4, abs=0.02)


def test_tilt_has_true_sheared_geometry():
    upright, truth = make_phantom_volume(SHAPE, SPACING, noise_hu=0, padding=False)
    tilted, _ = make_phantom_volume(SHAPE, SPACING, noise_hu=0, padding=False, tilt_degrees=16.5)
    assert tilted.shear_degrees == pytest.approx(16.5, abs=1e-6)
    assert tilted.voxel_volume == pytest.approx(upright.voxel_volume * np.cos(np.radians(16.5)))
    for name in ("ball 1", "ball 2"):
        for volume in (upright, tilted):
            points = lattice(volume)
            near = np.linalg.norm(points - truth.landmarks_lps[name], axis=1) < 8.0
            weight = volume.array.ravel()[near] - truth.hu["soft"]
            centre = (weight[:, None] * points[near]).sum(axis=0) / weight.sum()
            assert centre == pytest.approx(truth.landmarks_lps[name], abs=0.05)
            share = weight.sum() * volume.voxel_volume / (truth.hu["cortical"] - truth.hu["soft"])
            assert share == pytest.approx(truth.volumes_mm3[name], rel=0.02)


def test_motion_moves_the_patient_from_its_slice_on():
    still = make_phantom_volume(SHAPE, SPACING, noise_hu=0)[0].array
    moved = make_phantom_volume(SHAPE, SPACING, noise_hu=0, motion=((30, (2.0, 0.0, 0.0)),))[0].array
    assert np.array_equal(still[:30], moved[:30])
    # Two pixels of 1 mm to the left (+i); the couch stays where it is.
    assert np.abs(moved[32:, 10:90, 30:80].astype(int) - still[32:, 10:90, 28:78]).max() <= 1
    assert np.abs(moved[32:, 103:, :].astype(int) - still[32:, 103:, :]).max() < 200


def test_implant_is_clipped_and_streaks():
    clean = make_phantom_volume(SHAPE, SPACING, noise_hu=0)[0].array
    metal = make_phantom_volume(SHAPE, SPACING, noise_hu=0, implant=True)[0].array
    assert metal.max() == 3071
    assert (metal == 3071).sum() * 2.0 > 1000
    assert np.abs(metal.astype(int) - clean).max(axis=(1, 2))[:8].max() == 0


def test_the_table_can_be_left_out():
    with_couch = make_phantom_volume((2, 80, 80), (1.8, 1.8, 4.0), noise_hu=0)[0].array
    without = make_phantom_volume((2, 80, 80), (1.8, 1.8, 4.0), noise_hu=0, couch=False)[0].array
    assert with_couch.sum() > without.sum()
    assert np.all(without[:, 73:, 20:60] < -900)


def test_a_larger_scale_keeps_the_known_sizes():
    truth = make_phantom_volume((2, 16, 16), (14.0, 14.0, 90.0), noise_hu=0, scale=1.65)[1]
    assert truth.distances_mm["balls"] == pytest.approx(1.65 * 30.0)
    assert truth.distances_mm["ball diameter"] == 10.0
    assert truth.walls_mm["plate 0.5 mm"] == 0.5
    # The comb is still rooted in the shaft.
    boxes, femur = object_distances(1.65), build_geometry(1.65).bones["femur"]
    assert femur.parts[0].distance(np.asarray([boxes["bar"].centre]))[0] < 5.0 * 1.65
