"""Given segmentations: read from files, joined with the scan, disagreements flagged."""

import numpy as np
import pytest
import SimpleITK as sitk

from dicomtoprint.errors import InputError, RefusedError
from dicomtoprint.mesh.core import Provenance
from dicomtoprint.segmentation import Segment, Segmentation, load_anatomy, read_labelmap, refine_labelmap
from dicomtoprint.volume import Volume
from Phantoms.seg_source import source_slices
from Phantoms.shapes import add_ball, dice, middle, scan, with_noise

PRESET = load_anatomy("from-segmentation")


def _given(labels, affine, names=("Femur",)):
    voxel = abs(np.linalg.det(affine[:3, :3]))
    segments = tuple(
        Segment(f"s{n}", n, name, (0.9, 0.8, 0.6), None, {}, float((labels == n).sum() * voxel))
        for n, name in enumerate(names, start=1)
    )
    return Segmentation(None, affine, labels.astype(np.uint16), None, segments)


def _distance_to(volume, centre):
    k, j, i = np.indices(volume.array.shape)
    points = volume.to_lps(np.stack([i.ravel(), j.ravel(), k.ravel()], axis=1))
    return np.linalg.norm(points - np.asarray(centre), axis=1).reshape(volume.array.shape)


@pytest.fixture(scope="module")
def ball():
    volume = scan((44, 60, 60))
    add_ball(volume, middle(volume), 12.0, 900.0)
    return with_noise(volume, 20.0)


@pytest.mark.parametrize("error", [-1.2, 0.0, 1.2])
def test_border_moves_onto_the_grey_edge(ball, error):
    truth = _distance_to(ball, middle(ball)) < 12.0
    label = _distance_to(ball, middle(ball)) < 12.0 + error
    found = refine_labelmap(_given(label, ball.affine), ball, PRESET)
    segment = found.segments[0]
    assert (
        segment.boundary == pytest.approx(470, abs=45) and segment.brighter_than_background and segment.name == "Femur"
    )
    start = np.rint(Volume(ball.array, ball.affine).to_ijk(found.volume.to_lps([[0, 0, 0]]))[0]).astype(int)[::-1]
    place = tuple(slice(a, a + n) for a, n in zip(start, found.labels.shape))
    assert dice(found.labels > 0, truth[place]) > 0.985
    if error:
        assert dice(found.labels > 0, truth[place]) > dice(label, truth) + 0.02


def test_a_filled_hole_stays_and_is_flagged():
    volume = scan((50, 60, 60))
    add_ball(volume, middle(volume), 17.0, 900.0)
    add_ball(volume, middle(volume), 12.0, 40.0)
    shell = (_distance_to(volume, middle(volume)) < 17.0) & (_distance_to(volume, middle(volume)) >= 12.0)
    hole = shell & (_distance_to(volume, middle(volume, 16, 0, 0)) < 7.0)
    volume.array[hole] = 40.0
    volume = with_noise(volume, 15.0)
    found = refine_labelmap(_given(shell, volume.affine, ("Skull",)), volume, PRESET)
    added = found.provenance == Provenance.ADDED
    assert found.figures["disagreement_mm2"]["Skull"] > 60
    assert any("Skull" in note and "no edge" in note for note in found.notes)
    points = np.argwhere(added)[:, ::-1] @ found.affine[:3, :3].T + found.affine[:3, 3]
    assert np.median(np.linalg.norm(points - middle(volume, 14.5, 0, 0), axis=1)) < 5.0
    assert not (added & (found.labels == 0)).any()


def test_two_labels_share_one_boundary():
    volume = scan((40, 60, 60))
    add_ball(volume, middle(volume), 13.0, 900.0)
    volume = with_noise(volume, 15.0)
    _, _, i = np.indices(volume.array.shape)
    ball = _distance_to(volume, middle(volume)) < 13.0
    labels = ball.astype(np.uint16) + (ball & (i >= 30))
    found = refine_labelmap(_given(labels, volume.affine, ("Left", "Right")), volume, PRESET)
    assert {s.name for s in found.segments} == {"Left", "Right"}
    core = _distance_to(Volume(found.labels, found.affine), middle(volume)) < 11.0
    assert (found.labels[core] > 0).all()
    columns = np.argwhere(found.labels == 1)[:, 2].max(), np.argwhere(found.labels == 2)[:, 2].min()
    assert columns[1] == columns[0] + 1


def test_a_label_without_edges_stays_as_it_is():
    volume = with_noise(scan((30, 40, 40)), 15.0)
    label = _distance_to(volume, middle(volume)) < 9.0
    found = refine_labelmap(_given(label, volume.affine, ("Tumour",)), volume, PRESET)
    assert found.segments[0].boundary is None
    assert found.segments[0].volume_mm3 == pytest.approx(label.sum())


def test_labels_on_another_turned_grid_are_brought_over(ball):
    turn = np.array([[0, -1.3, 0, 30.0], [1.3, 0, 0, 0], [0, 0, -1.1, 140.0], [0, 0, 0, 1]])
    other = Volume(np.zeros((44, 60, 60), np.uint16), turn)
    turn[:3, 3] += np.array(middle(ball)) - np.array(middle(other))
    label = _distance_to(other, middle(ball)) < 12.0
    assert np.linalg.norm(np.subtract(middle(other), middle(ball))) < 1e-6
    found = refine_labelmap(_given(label, turn), ball, PRESET)
    assert found.segments[0].volume_mm3 == pytest.approx(4 / 3 * np.pi * 12**3, rel=0.03)


def test_a_segmentation_of_another_place_is_refused(ball):
    affine = ball.affine.copy()
    affine[:3, 3] += 500
    with pytest.raises(RefusedError, match="outside the scan"):
        refine_labelmap(_given(np.ones((10, 10, 10)), affine), ball, PRESET)


def test_without_a_scan_the_labels_pass(ball):
    given = _given(np.ones((10, 10, 10)), ball.affine)
    assert refine_labelmap(given, None, PRESET).labels is given.labels


@pytest.mark.parametrize("suffix", ["nii.gz", "nrrd"])
def test_label_maps_are_read_at_their_place(tmp_path, suffix):
    labels = np.zeros((5, 6, 7), np.uint8)
    labels[2, 3, 4], labels[1, 1, 1] = 3, 7
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing((0.5, 0.6, 2.0))
    image.SetOrigin((10.0, -20.0, 30.0))
    image.SetDirection((0, 1, 0, -1, 0, 0, 0, 0, 1))
    path = tmp_path / f"labels.{suffix}"
    sitk.WriteImage(image, str(path))
    found = read_labelmap(path)
    assert [s.label for s in found.segments] == [3, 7] and found.volume is None
    assert np.allclose((found.affine @ [4, 3, 2, 1])[:3], image.TransformIndexToPhysicalPoint((4, 3, 2)), atol=1e-4)
    assert found.segments[0].volume_mm3 == pytest.approx(0.6)


def test_slicer_segmentation_keeps_names_and_colours(tmp_path):
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[1:3, 1:4, 1:3], labels[1:3, 1:4, 3:5] = 1, 2
    image = sitk.GetImageFromArray(labels)
    for key, value in {
        "Segment0_ID": "a",
        "Segment0_Name": "Femur",
        "Segment0_LabelValue": "1",
        "Segment0_Color": "1 0 0.5",
        "Segment0_Layer": "0",
        "Segment1_ID": "b",
        "Segment1_Name": "Pelvis",
        "Segment1_LabelValue": "2",
        "Segment1_Color": "0 1 0",
        "Segment1_Layer": "0",
    }.items():
        image.SetMetaData(key, value)
    path = tmp_path / "both.seg.nrrd"
    sitk.WriteImage(image, str(path))
    found = read_labelmap(path)
    assert [(s.name, s.color) for s in found.segments] == [("Femur", (1.0, 0.0, 0.5)), ("Pelvis", (0.0, 1.0, 0.0))]
    assert np.array_equal(found.labels, labels)


@pytest.mark.parametrize("entry", ["LabelValue", "Layer", "Color"])
@pytest.mark.parametrize("text", ["abc", "1 x 2", "1 2", "0.5", "nan nan nan", "1e400 0 0", "9" * 40, " ", "1,0,0"])
def test_a_header_that_holds_no_numbers_where_it_must_is_refused_by_its_entry(tmp_path, entry, text):
    image = sitk.GetImageFromArray(np.ones((4, 5, 6), np.uint8))
    image.SetMetaData("Segment0_Name", "Femur")
    image.SetMetaData(f"Segment0_{entry}", text)
    path = tmp_path / "one.seg.nrrd"
    sitk.WriteImage(image, str(path))
    if f"Segment0_{entry}" not in sitk.ReadImage(str(path)).GetMetaDataKeys():
        pytest.skip("an empty entry is not written")
    with pytest.raises(InputError, match=f"^one.seg.nrrd has '.*' for Segment0_{entry}, which must be .*"):
        read_labelmap(path)


def test_dicom_segmentation_is_read(tmp_path):
    highdicom = pytest.importorskip("highdicom")
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    labels = np.zeros((4, 5, 6), np.uint8)
    labels[1:3, 1:4, 1:3], labels[2:4, 1:4, 3:5] = 1, 2
    kind = highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
    described = [
        highdicom.seg.SegmentDescription(n, name, codes.SCT.Tissue, codes.SCT.Bone, kind)
        for n, name in ((1, "Femur"), (2, "Pelvis"))
    ]
    made = highdicom.seg.Segmentation(
        source_slices(),
        labels,
        highdicom.seg.SegmentationTypeValues.BINARY,
        described,
        generate_uid(),
        1,
        generate_uid(),
        1,
        "maker",
        "model",
        "1",
        "serial",
    )
    path = tmp_path / "seg.dcm"
    made.save_as(path)
    found = read_labelmap(path)
    assert [s.name for s in found.segments] == ["Femur", "Pelvis"]
    assert found.segments[0].terminology["type"]["code"] == "272673000"
    # Empty slices are left out of the file: compare by place.
    whole = np.zeros_like(labels)
    for k, j, i in np.argwhere(found.labels > 0):
        place = (found.affine @ [i, j, k, 1])[:3]
        index = np.rint((place - (10.0, 20.0, 30.0)) / (0.8, 0.7, 1.5)).astype(int)
        whole[tuple(index[::-1])] = found.labels[k, j, i]
    assert np.array_equal(whole, labels)


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("scan.nii.gz", np.arange(-60, 60, dtype=np.int16).reshape(4, 5, 6), "no label map"),
        ("probability.nii.gz", np.linspace(0, 1, 120, dtype=np.float32).reshape(4, 5, 6), "fractions"),
        ("empty.nii.gz", np.zeros((4, 5, 6), np.uint8), "no labelled voxel"),
        ("nan.nrrd", np.full((4, 5, 6), np.nan, np.float32), "no label map"),
    ],
)
def test_what_is_no_segmentation_is_refused(tmp_path, name, array, words):
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / name))
    with pytest.raises(InputError, match=words) as caught:
        read_labelmap(tmp_path / name)
    assert str(caught.value).startswith(name) and str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not an image", b"\0" * 128 + b"DICM" + b"\xff" * 50])
def test_a_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "broken.nrrd"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.nrrd"):
        read_labelmap(path)
    with pytest.raises(InputError, match="not found"):
        read_labelmap(tmp_path / "none.nrrd")
