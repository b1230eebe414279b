"""A CT of a print, rendered from solids and reviewed end to end; and scans that show no print."""

import json
from datetime import date

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dicomtoprint.cli.main import main
from dicomtoprint.errors import InputError
from dicomtoprint.phantom import make_phantom_volume
from dicomtoprint.phantom.dicom_writer import write_ct_dicom
from dicomtoprint.phantom.wall_scan import Scanner
from dicomtoprint.pipeline.part_scan import read_part
from dicomtoprint.pipeline.review import ReviewRequest, review
from dicomtoprint.segmentation.plastic import find_plastic_boundary, segment_plastic
from dicomtoprint.volume import Volume
from Phantoms.printed_ct import PLASTIC_HU, PrintPose, ct_of_print, small_bracket, write_nifti
from Phantoms.printed_parts import solid


@pytest.fixture(scope="module")
def model():
    bracket = small_bracket()

    def distance(x, y, z):
        return bracket.distance(np.stack([x, y, z], axis=-1).reshape(-1, 3)).reshape(x.shape)

    return solid(distance, 42.0, 0.5)


@pytest.fixture(scope="module")
def pose(model):
    turn = Rotation.from_euler("zx", [25.0, 10.0], degrees=True).as_matrix()
    return PrintPose(1.006, turn, (model.points.min(axis=0) + model.points.max(axis=0)) / 2.0)


@pytest.fixture(scope="module")
def printed(model, pose):
    bounds = model.points.min(axis=0), model.points.max(axis=0)
    return ct_of_print([small_bracket()], bounds, pose, Scanner((0.6, 0.6, 0.6), 0.35), margin_mm=3.0)


def test_the_surface_of_a_print_is_found_in_its_ct_within_three_hundredths(model, pose, printed, write_model, tmp_path):
    record = write_model(model, process="sla")
    path = write_nifti(printed, tmp_path / "part.nii.gz")
    done = review(ReviewRequest(record, path))
    fit, deviation = done.scan.registration.fit, done.scan.deviation
    assert not done.scan.registration.is_ambiguous
    assert fit.scale == pytest.approx([1.006] * 3, abs=0.003)
    assert (fit.scale * np.exp(fit.growth_mm / 20.0)).mean() == pytest.approx(1.006, abs=0.002)
    at_scan = (deviation.samples.points - fit.pose.translation) @ fit.pose.rotation
    truth = -pose.distance(small_bracket(), at_scan)
    seen = deviation.seen
    error, area = (deviation.values - truth)[seen], deviation.samples.area[seen]
    assert deviation.seen_share > 0.98
    assert np.average(np.abs(error), weights=area) < 0.03
    assert abs(np.average(error, weights=area)) < 0.01
    assert any(note.startswith("CT of the part: air -100") for note in done.scan.notes)
    assert "CT of this part" in json.dumps([item.basis for item in done.scan.budget.items])


def test_a_folder_of_dicom_gives_the_same_surface_and_a_rejected_one_exit_code_3(
    model, printed, write_model, tmp_path, capsys
):
    folder = tmp_path / "ct"
    written = {"kernel": "STANDARD", "acquired": date(2026, 5, 4), "thickness": 0.6}
    write_ct_dicom(folder, printed, entropy="print", **written)
    from_files = read_part(folder, None, model)
    from_volume = read_part(write_nifti(printed, tmp_path / "part.nii.gz"), None, model)
    assert from_files.kind == from_volume.kind == "ct"
    assert from_files.mesh.volume == pytest.approx(from_volume.mesh.volume, rel=1e-3)
    for number in range(30, 40):
        (folder / f"CT{number:04d}.dcm").unlink()
    assert main(["review", str(write_model(model)), "--part", str(folder), "--quiet"]) == 3
    assert "The CT of the part cannot be used" in capsys.readouterr().err


def test_the_boundary_lies_half_way_whatever_the_grey_values(printed):
    raised = (printed.array.astype(np.float32) + 1000.0) * 0.5 + 7.0
    padded = printed.array.copy()
    padded[:, :2] = -3024
    for array, air, plastic in (
        (printed.array, -1000.0, PLASTIC_HU),
        (padded, -1000.0, PLASTIC_HU),
        (raised, 7.0, 567.0),
    ):
        found = find_plastic_boundary(array)
        assert found.air == pytest.approx(air, abs=12.0)
        assert found.plastic == pytest.approx(plastic, abs=25.0)
        assert found.value == pytest.approx(0.5 * (air + plastic), abs=15.0)


def noise(shape=(20, 30, 30), at=-1000.0, spread=20.0):
    return np.rint(np.random.default_rng(0).normal(at, spread, shape)).astype(np.int16)


def with_box(array, value, *slices):
    array[slices or (slice(6, 14), slice(8, 22), slice(8, 22))] += value
    return array


@pytest.mark.parametrize(
    "array, words",
    [
        (np.zeros((9, 9, 9), np.int16), "nothing but one grey value"),
        (noise(), "nothing but one grey value and noise"),
        (with_box(noise(at=100.0), 400, slice(0, 20), slice(0, 30), slice(0, 29)), "no air around"),
        (make_phantom_volume((50, 70, 70), (2.0, 2.0, 2.2))[0].array, "several materials"),
        (np.full((9, 9), 1.0), "no stack of slices"),
        (np.full((9, 9, 9), np.nan, np.float32), "no stack of slices"),
    ],
    ids=["empty", "air", "no air", "patient", "picture", "no numbers"],
)
def test_a_scan_without_plastic_in_air_is_refused_in_one_sentence(array, words):
    with pytest.raises(InputError) as refused:
        find_plastic_boundary(array)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_part_that_the_scan_cuts_and_one_of_another_size_are_refused():
    cut = with_box(noise(), 1100, slice(0, 14), slice(8, 22), slice(8, 22))
    with pytest.raises(InputError, match="ends within the part"):
        segment_plastic(Volume(cut, np.eye(4)), 25.0)
    with pytest.raises(InputError, match="nothing of the model's size"):
        segment_plastic(Volume(with_box(noise(), 1100), np.eye(4)), 5.0)


def test_a_table_below_the_part_is_left_out():
    array = with_box(noise((30, 60, 60)), 1100, slice(8, 20), slice(20, 34), slice(20, 34))
    array[:, 50:54, 2:58] += 1100
    found = segment_plastic(Volume(array, np.eye(4)), 24.0)
    assert found.labels.sum() == pytest.approx(12 * 14 * 14, rel=0.02)
    assert any("left out" in note for note in found.notes)


@pytest.mark.parametrize("kind", ["another part", "no scan", "empty folder"])
def test_what_is_no_ct_of_this_part_ends_with_exit_code_3(kind, model, write_model, tmp_path, capsys):
    record = write_model(model)
    part = tmp_path / "part.nii.gz"
    if kind == "another part":
        write_nifti(
            Volume(with_box(noise((40, 60, 60)), 1100, slice(8, 30), slice(12, 44), slice(14, 46)), np.eye(4)), part
        )
    elif kind == "no scan":
        part = tmp_path / "notes.txt"
        part.write_text("no scan", encoding="utf-8")
    else:
        part = tmp_path / "empty"
        part.mkdir()
    assert main(["review", str(record), "--part", str(part), "--quiet"]) == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said and len(said.strip().splitlines()) == 1
    assert not (record.parent / "review").exists()
