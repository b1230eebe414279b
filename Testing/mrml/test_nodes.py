"""Library types on real MRML nodes and back."""

import numpy as np
import pytest

pytest.importorskip("slicer", reason="needs Slicer or the slicer-core wheel")
pytestmark = pytest.mark.slicer

from dicomtoprint.errors import InputError  # noqa: E402
from dicomtoprint.mesh.core import Mesh, Provenance  # noqa: E402
from dicomtoprint.segmentation import Segment, Segmentation  # noqa: E402
from dicomtoprint.volume import Volume  # noqa: E402
from DicomToPrintLib.mrml.matrices import to_vtk_matrix  # noqa: E402
from DicomToPrintLib.mrml.models import default_overlays, mesh_from_node, mesh_to_node, show_in_slices, show_overlay  # noqa: E402
from DicomToPrintLib.mrml.scene import new_scene  # noqa: E402
from DicomToPrintLib.mrml.segmentations import (  # noqa: E402
    content_hash,
    expected_content_hash,
    labels_from_node,
    segmentation_to_node,
    terminology_entry,
)
from DicomToPrintLib.mrml.volumes import (  # noqa: E402
    harden_transform,
    max_corner_distance,
    transform_state,
    volume_from_node,
    volume_to_node,
)

BONE = {
    "category": {"scheme": "SCT", "code": "123037004", "meaning": "Anatomical Structure"},
    "type": {"scheme": "SCT", "code": "272673000", "meaning": "Bone"},
}


def sheared_affine():
    """An oblique grid with a tilt of 16.5 degrees, uneven numbers and a turned axis."""
    turn = np.radians(23.7)
    affine = np.eye(4)
    affine[:3, 0] = 0.4931640625 * np.array([np.cos(turn), np.sin(turn), 0.0])
    affine[:3, 1] = 0.4931640625 * np.array([-np.sin(turn), np.cos(turn), 0.0])
    affine[:3, 2] = [0.1, np.tan(np.radians(16.5)) / 3.0, 1.1]
    affine[:3, 3] = [-123.456789, 87.654321, -1001.25]
    return affine


def volume(dtype=np.int16, affine=None):
    array = (np.arange(5 * 6 * 7).reshape(5, 6, 7) - 100).astype(dtype)
    return Volume(array, sheared_affine() if affine is None else affine)


@pytest.fixture
def scene():
    return new_scene()


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_a_sheared_volume_comes_back_to_the_last_bit(scene, dtype):
    sent = volume(dtype)
    got = volume_from_node(volume_to_node(sent, scene, "CT"))
    assert got.array.dtype == dtype
    assert np.array_equal(got.array, sent.array)
    assert np.array_equal(got.affine, sent.affine)


def test_the_node_holds_the_shear_itself(scene):
    node = volume_to_node(volume(), scene, "CT")
    node.RemoveAttribute("DicomToPrint.AffineLPS")
    assert np.allclose(volume_from_node(node).affine, sheared_affine(), atol=1e-9)


def test_a_moved_node_is_not_taken_for_the_noted_one(scene):
    node = volume_to_node(volume(), scene, "CT")
    node.SetOrigin(0.0, 0.0, 0.0)
    assert np.allclose(volume_from_node(node).affine[:3, 3], 0.0)


def test_unsigned_values_travel_as_int16_and_large_ones_as_float(scene):
    small = volume_to_node(volume(np.uint16, np.eye(4)), scene, "small")
    assert volume_from_node(small).array.dtype == np.float32  # wrapped below zero, so beyond int16
    node = volume_to_node(Volume(np.full((2, 2, 2), 3000, np.uint16), np.eye(4)), scene, "u16")
    assert volume_from_node(node).array.dtype == np.int16


def test_linear_transforms_are_applied_and_bent_ones_refused(scene):
    node = volume_to_node(volume(), scene, "CT")
    shift = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "patient moved")
    matrix = np.eye(4)
    matrix[:3, 3] = [10.0, 20.0, 30.0]  # RAS
    shift.SetMatrixTransformToParent(to_vtk_matrix(matrix))
    node.SetAndObserveTransformNodeID(shift.GetID())
    assert transform_state(node).moved
    assert np.allclose(volume_from_node(node).affine[:3, 3] - sheared_affine()[:3, 3], [-10.0, -20.0, 30.0])
    assert max_corner_distance(node, volume().array.shape, volume().affine) == pytest.approx(np.sqrt(1400.0), abs=1e-6)

    bent = scene.AddNewNodeByClass("vtkMRMLGridTransformNode", "acquisition transform")
    node.SetAndObserveTransformNodeID(bent.GetID())
    assert transform_state(node).bent
    with pytest.raises(InputError, match="harden"):
        volume_from_node(node)


def test_hardening_moves_the_voxels_and_forgets_the_old_place(scene):
    node = volume_to_node(volume(affine=np.eye(4)), scene, "CT")
    shift = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    matrix = np.eye(4)
    matrix[0, 3] = 5.0
    shift.SetMatrixTransformToParent(to_vtk_matrix(matrix))
    node.SetAndObserveTransformNodeID(shift.GetID())
    harden_transform(node)
    assert not transform_state(node).moved
    assert np.allclose(volume_from_node(node).affine[:3, 3], [-5.0, 0.0, 0.0])


def test_slices_counted_from_the_other_end_are_the_same_grid(scene):
    ours = volume()
    flipped = ours.affine.copy()
    flipped[:3, 3] = ours.affine[:3, 3] + 4 * ours.affine[:3, 2]
    flipped[:3, 2] = -ours.affine[:3, 2]
    node = volume_to_node(Volume(ours.array[::-1], flipped), scene, "CT")
    assert max_corner_distance(node, ours.array.shape, ours.affine) == pytest.approx(0.0, abs=1e-6)


def test_a_node_without_voxels_is_one_sentence(scene):
    with pytest.raises(InputError, match="no voxels"):
        volume_from_node(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"))


def labelled():
    labels = np.zeros((5, 6, 7), np.uint8)
    labels[1:3, 1:4, 2:5] = 1
    labels[3:, 4:, :2] = 2
    segments = tuple(
        Segment(name.lower(), value, name, (0.9, 0.8, value / 4), 300.0, BONE, 1.0)
        for value, name in ((1, "Skull"), (2, "Mandible"))
    )
    return Segmentation(volume(), sheared_affine(), labels, None, segments)


def test_segments_come_back_as_the_same_labels_on_a_sheared_grid(scene):
    sent = labelled()
    node = segmentation_to_node(sent, scene, "anatomy", volume_to_node(sent.volume, scene, "CT"))
    labels, names = labels_from_node(node, sent.labels.shape, sent.affine)
    assert np.array_equal(labels, sent.labels)
    assert names == ("Skull", "Mandible")
    segment = node.GetSegmentation().GetSegment("skull")
    assert segment.GetColor() == pytest.approx((0.9, 0.8, 0.25))


def test_what_a_node_will_hold_is_known_before_it_is_made_and_an_edit_changes_it(scene):
    sent = labelled()
    node = segmentation_to_node(sent, scene, "anatomy")
    assert content_hash(node) == expected_content_hash(sent)
    node.GetSegmentation().GetSegment("skull").GetRepresentation("Binary labelmap").SetScalarComponentFromDouble(
        0, 0, 0, 0, 1.0
    )
    assert content_hash(node) != expected_content_hash(sent)


def test_a_model_comes_whole_and_shows_in_the_slices_when_asked(scene):
    node = mesh_to_node(Mesh(np.eye(3), np.array([[0, 1, 2]]), "Part", (0.1, 0.2, 0.3)), scene, "Part")
    display = node.GetDisplayNode()
    assert node.GetPolyData().GetNumberOfPolys() == 1 and display.GetColor() == pytest.approx((0.1, 0.2, 0.3))
    assert display.GetVisibility() and not display.GetVisibility2D()
    show_in_slices([node])
    assert display.GetVisibility2D()
    scene.RemoveNode(node)
    show_in_slices([node])


def test_an_edited_segment_on_its_own_small_extent_lands_in_its_place(scene):
    import slicer

    sent = labelled()
    node = segmentation_to_node(sent, scene, "anatomy", volume_to_node(sent.volume, scene, "CT"))
    image = slicer.vtkOrientedImageData()
    assert node.GetBinaryLabelmapRepresentation("mandible", image)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.SetBinaryLabelmapToSegment(image, node, "skull", logic.MODE_REPLACE)
    labels, _ = labels_from_node(node, sent.labels.shape, sent.affine)
    assert np.array_equal(labels != 0, sent.labels == 2)


def test_the_editor_works_on_the_labels_grid_though_the_scan_has_fewer_slices(scene):
    """Slicer's editor takes the reference geometry, and writes a stroke's segment on it."""
    import slicer

    sent = labelled()
    coarse = volume().affine.copy()
    coarse[:3, 2] *= 2.0
    scan = volume_to_node(Volume(sent.volume.array[::2], coarse), scene, "CT")
    node = segmentation_to_node(sent, scene, "anatomy", scan)
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    grid = slicer.vtkOrientedImageData()
    parameter = node.GetSegmentation().GetConversionParameter(name)
    assert slicer.vtkSegmentationConverter.DeserializeImageGeometry(parameter, grid)
    assert grid.GetDimensions() == sent.labels.shape[::-1]
    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) is scan


def test_a_segmentation_without_segments_is_one_sentence(scene):
    with pytest.raises(InputError, match="no segments"):
        labels_from_node(scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty"), (2, 2, 2), np.eye(4))


def test_the_terminology_string_is_slicers():
    import slicer

    entry = slicer.vtkSlicerTerminologyEntry()
    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    assert logic.DeserializeTerminologyEntry(terminology_entry(BONE), entry)
    assert entry.GetTypeObject().GetCodeMeaning() == "Bone"
    assert entry.GetCategoryObject().GetCodeValue() == "123037004"


def tetrahedron():
    points = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0.1, 0.2, 10.3]], np.float32)
    triangles = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    return Mesh(
        points,
        triangles,
        "Part",
        (0.2, 0.4, 0.6),
        {"Deviation": np.array([0, 0.1, 0.2, 0.3], np.float32)},
        {"Provenance": np.array([Provenance.MEASURED, Provenance.BRIDGED, Provenance.CUT, Provenance.ADDED], np.uint8)},
    )


def test_a_mesh_comes_back_to_the_last_bit_and_faces_outward_in_the_scene(scene):
    sent = tetrahedron()
    node = mesh_to_node(sent, scene, "model")
    got = mesh_from_node(node)
    assert np.array_equal(got.points, sent.points)
    assert np.array_equal(got.triangles, sent.triangles)
    assert np.array_equal(got.triangle_arrays["Provenance"], sent.triangle_arrays["Provenance"])
    assert got.name == "Part"
    assert got.color == pytest.approx(sent.color)
    assert sent.volume > 0
    assert got.volume == sent.volume
    assert node.GetPolyData().GetPoint(3) == pytest.approx((-0.1, -0.2, 10.3))


def test_overlays_show_with_a_legend_and_go_again(scene):
    import slicer

    node = mesh_to_node(tetrahedron(), scene, "model")
    kinds = default_overlays(
        {"Deviation": "Deviation (mm)", "Wall": "Wall (mm)", "Provenance": "Provenance"},
        ("measured", "bridged", "cut", "added", "modelled"),
    )
    assert show_overlay(node, kinds["Provenance"])
    display = node.GetDisplayNode()
    assert display.GetScalarVisibility()
    assert display.GetActiveScalarName() == "Provenance"
    legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node)
    assert legend.GetTitleText() == "Provenance"
    assert display.GetColorNode().GetColorName(1) == "bridged"
    assert show_overlay(node, kinds["Deviation"])
    assert legend.GetTitleText() == "Deviation (mm)"
    assert not show_overlay(node, kinds["Wall"])
    assert not display.GetScalarVisibility()
    assert not legend.GetVisibility()


def test_an_empty_model_is_one_sentence(scene):
    with pytest.raises(InputError, match="no triangles"):
        mesh_from_node(scene.AddNewNodeByClass("vtkMRMLModelNode", "empty"))


def test_display_windows_of_the_scanner_are_offered(scene, tmp_path):
    from dicomtoprint.dicom import read_study, read_volume
    from dicomtoprint.phantom import write_phantom_dicom

    write_phantom_dicom(tmp_path, shape=(6, 32, 32))
    series = read_study(tmp_path).series[0]
    display = volume_to_node(read_volume(series), scene, "CT", series).GetDisplayNode()
    offered = [
        (display.GetWindowPreset(n), display.GetLevelPreset(n)) for n in range(display.GetNumberOfWindowLevelPresets())
    ]
    assert offered == [(2000.0, 400.0), (400.0, 40.0)]
