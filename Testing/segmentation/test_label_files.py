"""Label files as programs write them: names in headers and tables, stacks of masks, probabilities, DICOM label maps, a choice."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from dicomtoprint.errors import InputError, UsageError
from dicomtoprint.segmentation import choose_segments, keep_largest_islands, read_labelmap
from dicomtoprint.segmentation.labelmap_styles import load_label_names
from Phantoms.seg_source import source_slices

LABEL_TABLE = (
    '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension><VolumeInformation Index="0"><LabelTable>'
    '<Label Key="1" Red="1.0" Green="0.5" Blue="0.0" Alpha="1"><![CDATA[hip_left]]></Label>'
    '<Label Key="2" Red="0.0" Green="0.5" Blue="1.0" Alpha="1"><![CDATA[hip_right]]></Label>'
    "</LabelTable></VolumeInformation></CaretExtension>"
)


def labels():
    array = np.zeros((6, 7, 8), np.uint8)
    array[1:3, 1:5, 1:4], array[3:5, 1:5, 1:4] = 1, 2
    return array


def write(path, array, vector=False):
    sitk.WriteImage(sitk.GetImageFromArray(array, isVector=vector), str(path))
    return path


def write_with_extension(path, text):
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.Nifti1Image(labels().T, np.diag([-1.0, -1.0, 1.0, 1.0]))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, text.encode()))
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_names_and_colours_stand_in_the_nifti_header(tmp_path, suffix):
    found = read_labelmap(write_with_extension(tmp_path / f"a{suffix}", LABEL_TABLE))
    assert [(s.label, s.name, s.color) for s in found.segments] == [
        (1, "hip_left", (1.0, 0.5, 0.0)),
        (2, "hip_right", (0.0, 0.5, 1.0)),
    ]


@pytest.mark.parametrize(
    "text", [LABEL_TABLE[:200], LABEL_TABLE.replace('Key="1"', 'Key="one"'), "<!DOCTYPE a><LabelTable/>"]
)
def test_a_damaged_table_costs_the_names_and_says_so(tmp_path, text):
    found = read_labelmap(write_with_extension(tmp_path / "a.nii.gz", text))
    assert [s.name for s in found.segments] == ["Label 1", "Label 2"]
    assert any("could not be read" in note for note in found.notes)


def test_a_built_in_table_names_the_values(tmp_path):
    found = read_labelmap(write(tmp_path / "a.nii.gz", labels() * 25), names="totalsegmentator-total")
    assert [s.name for s in found.segments] == ["sacrum", "vertebrae_C1"]


@pytest.mark.parametrize(
    "content",
    [{"1": "hip_left", "2": "hip_right"}, {"labels": {"background": 0, "hip_left": 1, "hip_right": 2}}],
    ids=["name by value", "dataset.json of nnU-Net"],
)
def test_a_table_of_the_users_own_names_the_values(tmp_path, content):
    (tmp_path / "names.json").write_text(json.dumps(content), encoding="utf-8")
    found = read_labelmap(write(tmp_path / "a.nrrd", labels()), names=str(tmp_path / "names.json"))
    assert [s.name for s in found.segments] == ["hip_left", "hip_right"]


@pytest.mark.parametrize(
    ("content", "error"),
    [('{"a": "b"}', InputError), ("[1]", InputError), ("{", InputError), (None, InputError)],
)
def test_what_is_no_table_of_names_is_refused(tmp_path, content, error):
    if content is not None:
        (tmp_path / "names.json").write_text(content, encoding="utf-8")
    with pytest.raises(error, match=r"^names\.json"):
        load_label_names(str(tmp_path / "names.json"))
    with pytest.raises(UsageError, match="totalsegmentator-total"):
        load_label_names("totalsegmentator")


def test_a_fourth_dimension_is_a_stack_of_masks(tmp_path):
    stack = np.stack([labels() == 1, labels() == 2]).astype(np.uint8)
    image = sitk.JoinSeries([sitk.GetImageFromArray(layer) for layer in stack])
    sitk.WriteImage(image, str(tmp_path / "stack.nii.gz"))
    assert np.array_equal(read_labelmap(tmp_path / "stack.nii.gz").labels, labels())


def test_several_label_maps_in_one_file_are_refused(tmp_path):
    image = sitk.JoinSeries([sitk.GetImageFromArray(labels())] * 2)
    sitk.WriteImage(image, str(tmp_path / "two.nii.gz"))
    with pytest.raises(InputError, match="holds 2 label maps"):
        read_labelmap(tmp_path / "two.nii.gz")


@pytest.mark.parametrize(("cutoff", "voxels"), [(0.5, 48), (0.85, 24)])
def test_probabilities_count_from_the_cut_off(tmp_path, cutoff, voxels):
    array = np.where(labels() == 1, 0.8, np.where(labels() == 2, 0.9, 0.1)).astype(np.float32)
    path = write(tmp_path / "p.nii.gz", array)
    with pytest.raises(InputError, match="--label-cutoff"):
        read_labelmap(path)
    found = read_labelmap(path, cutoff=cutoff)
    assert np.count_nonzero(found.labels) == voxels
    with pytest.raises(UsageError, match="between 0 and 1"):
        read_labelmap(path, cutoff=50.0)


def test_of_several_probabilities_the_largest_wins(tmp_path):
    one = np.where(labels() > 0, 0.6, 0.0).astype(np.float32)
    two = np.where(labels() == 2, 0.7, 0.0).astype(np.float32)
    sitk.WriteImage(sitk.JoinSeries([sitk.GetImageFromArray(a) for a in (one, two)]), str(tmp_path / "p.nii.gz"))
    assert np.array_equal(read_labelmap(tmp_path / "p.nii.gz", cutoff=0.5).labels, labels())


def test_structures_are_chosen_by_name_or_value_and_merged(tmp_path):
    (tmp_path / "n.json").write_text('{"1": "hip_left", "2": "hip, right"}', encoding="utf-8")
    given = read_labelmap(write(tmp_path / "a.nrrd", labels()), names=str(tmp_path / "n.json"))
    assert [s.name for s in choose_segments(given, ("Hip left",)).segments] == ["hip_left"]
    assert np.array_equal(choose_segments(given, ("2",)).labels, np.where(labels() == 2, 2, 0))
    assert [s.label for s in choose_segments(given, ("2,hip_left",)).segments] == [1, 2]
    assert [s.name for s in choose_segments(given, ("hip, right",)).segments] == ["hip, right"]
    merged = choose_segments(given, (), merge=True)
    assert [s.name for s in merged.segments] == ["hip_left + hip, right"]
    assert np.array_equal(merged.labels > 0, labels() > 0)
    assert merged.segments[0].volume_mm3 == sum(s.volume_mm3 for s in given.segments)
    with pytest.raises(UsageError, match="no structure 'femur': choose of 1 hip_left, 2 hip, right"):
        choose_segments(given, ("femur",))


def test_of_each_structure_the_largest_island_is_kept(tmp_path):
    array = labels()
    array[0, 0, 6:8], array[5, 6, 7] = 1, 1
    given = keep_largest_islands(read_labelmap(write(tmp_path / "a.nrrd", array)))
    assert np.array_equal(given.labels, labels())
    before = read_labelmap(write(tmp_path / "b.nrrd", labels()))
    assert [s.volume_mm3 for s in given.segments] == pytest.approx([s.volume_mm3 for s in before.segments])
    (note,) = [note for note in given.notes if "as asked" in note]
    assert "2 islands" in note
    assert keep_largest_islands(before).notes == before.notes


def test_a_dicom_label_map_is_read(tmp_path):
    highdicom = pytest.importorskip("highdicom")
    if not hasattr(highdicom.seg.SegmentationTypeValues, "LABELMAP"):
        pytest.skip("this highdicom writes no label maps")
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    array = np.zeros((4, 5, 6), np.uint8)
    array[1:3, 1:4, 1:3], array[2:4, 1:4, 3:5] = 1, 2
    kind = highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
    described = [
        highdicom.seg.SegmentDescription(n, name, codes.SCT.Tissue, codes.SCT.Bone, kind)
        for n, name in ((1, "L3"), (2, "L4"))
    ]
    made = highdicom.seg.Segmentation(
        source_slices(), array, highdicom.seg.SegmentationTypeValues.LABELMAP, described,
        generate_uid(), 1, generate_uid(), 1, "maker", "model", "1", "serial",
    )  # fmt: skip
    made.save_as(tmp_path / "labelmap.dcm")
    found = read_labelmap(tmp_path / "labelmap.dcm")
    assert [s.name for s in found.segments] == ["L3", "L4"]
    for number in (1, 2):
        places = np.argwhere(found.labels == number)[:, ::-1]
        lps = places @ found.affine[:3, :3].T + found.affine[:3, 3]
        index = np.rint((lps - (10.0, 20.0, 30.0)) / (0.8, 0.7, 1.5)).astype(int)[:, ::-1]
        assert sorted(map(tuple, index)) == sorted(map(tuple, np.argwhere(array == number)))
