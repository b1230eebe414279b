"""However the voxels of a scan are stored, they give the same model: all 48 orders and directions of their axes."""

import itertools

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.pipeline import segment, stages
from dicomtoprint.volume import Volume, in_patient_axes, reordered

ORDERS = [(order, flips) for order in itertools.permutations(range(3)) for flips in itertools.product((0, 1), repeat=3)]


def stored(volume, order, flips):
    """The same voxels with their axes (k, j, i) in another order, some of them running the other way."""
    array, columns, origin = (
        volume.array.transpose(order),
        [volume.affine[:3, 2 - n] for n in order],
        volume.affine[:3, 3],
    )
    for axis in range(3):
        if flips[axis]:
            array = np.flip(array, axis)
            origin = origin + columns[axis] * (array.shape[axis] - 1)
            columns[axis] = -columns[axis]
    affine = np.eye(4)
    affine[:3, 2], affine[:3, 1], affine[:3, 0], affine[:3, 3] = *columns, origin
    return Volume(np.ascontiguousarray(array), affine)


@pytest.fixture(scope="module")
def head():
    """A small skull with a wall inside, in thick slices."""
    k, j, i = np.indices((22, 40, 44))
    x, y, z = i * 0.8 - 17, j * 0.8 - 16, k * 1.5 - 16
    away = np.sqrt((x / 13) ** 2 + (y / 12) ** 2 + (z / 14) ** 2)
    array = np.where(away < 1.15, 40.0, -1000.0)
    array[(away < 1.0) & (away > 0.82)] = 1000.0
    array[(np.abs(x - 2) < 1.2) & (away < 0.9)] = 1000.0
    noise = np.random.default_rng(0).normal(0, 12, array.shape)
    array = np.rint(ndimage.gaussian_filter(array, (0.35, 0.6, 0.6)) + noise).astype(np.int16)
    return Volume(array, np.array([[0.8, 0, 0, -17], [0, 0.8, 0, -16], [0, 0, 1.5, -16], [0, 0, 0, 1.0]]))


@pytest.mark.parametrize("spacing_k", [0.8, 1.5])
def test_all_48_are_brought_into_one(head, spacing_k):
    affine = head.affine.copy()
    affine[2, 2] = spacing_k
    volume = Volume(head.array, affine)
    assert in_patient_axes(volume) is volume
    for order, flips in ORDERS:
        brought = in_patient_axes(stored(volume, order, flips))
        np.testing.assert_array_equal(brought.array, volume.array)
        np.testing.assert_allclose(brought.affine, affine, atol=1e-9)


def test_a_sheared_scan_keeps_its_shear(head):
    affine = head.affine.copy()
    affine[1, 2] = 0.4
    volume = Volume(head.array, affine)
    for order, flips in ORDERS:
        brought = in_patient_axes(stored(volume, order, flips))
        np.testing.assert_array_equal(brought.array, volume.array)
        np.testing.assert_allclose(brought.affine, affine, atol=1e-9)


def test_interpolated_slices_stay_slices(head):
    marked = np.zeros(len(head.array), dtype=bool)
    marked[3] = True
    volume = Volume(head.array[:, :, ::-1], head.affine @ np.diag([-1.0, 1, 1, 1]), marked)
    brought = in_patient_axes(volume)
    assert brought.array.shape == volume.array.shape and brought.interpolated is marked


def test_other_grids_are_told(head):
    turned = head.affine.copy()
    turned[:3, :2] = turned[:3, :2] @ np.array([[0.8, -0.6], [0.6, 0.8]])
    assert reordered(head.array, turned, head.affine, head.array.shape) is None
    assert reordered(head.array[1:], head.affine, head.affine @ np.diag([1.0, 1, 2, 1]), head.array[1:].shape) is None
    moved = head.affine.copy()
    moved[:3, 3] += 3.0
    assert reordered(head.array, moved, head.affine, head.array.shape) is None
    assert reordered(head.array, head.affine, head.affine, head.array[1:].shape) is None


@pytest.mark.parametrize(("order", "flips"), [((2, 1, 0), (0, 0, 0)), ((1, 0, 2), (1, 0, 1)), ((0, 1, 2), (1, 1, 0))])
def test_the_model_is_the_same(head, order, flips):
    settings = RunSettings(anatomy="bone")
    first, other = (
        stages.make_surface(segment(volume, settings), settings).meshes for volume in (head, stored(head, order, flips))
    )
    for one, two in zip(first, other, strict=True):
        np.testing.assert_array_equal(one.triangles, two.triangles)
        np.testing.assert_allclose(one.points, two.points, atol=1e-5)


@pytest.mark.parametrize(("order", "flips"), [((2, 1, 0), (0, 0, 0)), ((0, 1, 2), (1, 1, 0))])
def test_given_labels_in_another_order_give_the_same_model(head, order, flips):
    from dicomtoprint.segmentation import Segment, Segmentation

    labels = Volume((head.array > 500).astype(np.uint16), head.affine)
    other = stored(labels, order, flips)
    settings = RunSettings()
    models = []
    for given, volume in ((labels, head), (other, stored(head, order, flips)), (other, head)):
        whole = Segment("a", 1, "Skull", (0.9, 0.8, 0.6), None, {}, float(labels.array.sum()))
        segmentation = segment(volume, settings, given=Segmentation(None, given.affine, given.array, None, (whole,)))
        models.append(stages.make_surface(segmentation, settings).meshes[0])
    for model in models[1:]:
        np.testing.assert_array_equal(model.triangles, models[0].triangles)
        np.testing.assert_allclose(model.points, models[0].points, atol=1e-5)
