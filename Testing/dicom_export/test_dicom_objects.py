"""DICOM objects: valid by dciodvfy, and the same model and voxels inside."""

import datetime
import io
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.dicom_export import require_study, source_headers, write_dicom_seg, write_encapsulated_stl
from dicomtoprint.errors import InputError, MissingDependencyError, RefusedError
from dicomtoprint.run_record import compare_runs, hash_series, new_run_record

BONE = SimpleNamespace(label=1, name="Bone", terminology={}, boundary=300.0)
BALL = SimpleNamespace(label=2, name="Ball", terminology={"type": ("272673000", "SCT", "Bone")})


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    from dicomtoprint.phantom import write_phantom_dicom

    folder = tmp_path_factory.mktemp("ct")
    write_phantom_dicom(folder, shape=(12, 48, 48), spacing=(3.0, 3.0, 5.0))
    return read_study(folder).series[0]


def valid(path: Path) -> None:
    """Fails where dciodvfy names an error."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed")
    told = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, timeout=60, encoding="utf-8")
    errors = [line for line in (told.stdout + told.stderr).splitlines() if line.startswith("Error")]
    assert errors == []


def test_encapsulated_stl(series, ball, tmp_path):
    pydicom = pytest.importorskip("pydicom")
    meshes = (ball((10.0, -20.0, 30.0), name="Femur"), ball((40.0, 0.0, 30.0), 4.0, name="Part"))
    headers = source_headers(series)
    now = datetime.datetime(2026, 5, 6, 7, 8, 9)
    written = write_encapsulated_stl(meshes, tmp_path, "model", headers, use="surgical-planning", now=now)
    assert written.path.name == "model.dcm"
    assert written.triangles == sum(len(mesh.triangles) for mesh in meshes)
    valid(written.path)
    found = pydicom.dcmread(written.path)
    assert found.SOPClassUID == "1.2.840.10008.5.1.4.1.1.104.3"
    assert found.MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    assert found.BurnedInAnnotation == "NO"
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert found[keyword].value == headers[0][keyword].value
    assert found.SeriesInstanceUID != headers[0].SeriesInstanceUID
    assert {item.ReferencedSOPInstanceUID for item in found.SourceInstanceSequence} == {
        header.SOPInstanceUID for header in headers
    }
    trimesh = pytest.importorskip("trimesh")
    mesh = trimesh.load(
        io.BytesIO(found.EncapsulatedDocument[: found.EncapsulatedDocumentLength]), file_type="stl", process=False
    )
    expected = np.concatenate([m.points[m.triangles] for m in meshes])
    assert np.abs(mesh.triangles - expected).max() < 1e-4
    assert found.EncapsulatedDocument[:9] == b"SPACE=LPS"
    again = write_encapsulated_stl(meshes, tmp_path / "again", "model", headers, use="surgical-planning", now=now)
    assert again.sha256 == written.sha256
    later = write_encapsulated_stl(
        meshes, tmp_path / "later", "model", headers, now=now + datetime.timedelta(seconds=1)
    )
    assert later.sha256 != written.sha256
    assert compare_runs(new_run_record(outputs=(written,)), (later,)).same
    other = write_encapsulated_stl(meshes[:1], tmp_path / "other", "model", headers, now=now)
    assert not compare_runs(new_run_record(outputs=(written,)), (other,)).same


def test_an_odd_number_of_triangles_is_padded(series, ball, tmp_path):
    from dataclasses import replace

    pydicom = pytest.importorskip("pydicom")
    mesh = ball()
    odd = replace(mesh, triangles=mesh.triangles[:-1], triangle_arrays={}) if len(mesh.triangles) % 2 == 0 else mesh
    found = pydicom.dcmread(write_encapsulated_stl((odd,), tmp_path, "model", source_headers(series)).path)
    assert found.EncapsulatedDocumentLength == 84 + 50 * len(odd.triangles)
    assert len(found.EncapsulatedDocument) % 2 == 0


def test_without_a_study_there_is_no_object(series, ball, tmp_path):
    pydicom = pytest.importorskip("pydicom")
    with pytest.raises(InputError, match="study"):
        write_encapsulated_stl((ball(),), tmp_path, "model", (pydicom.Dataset(),))
    assert list(tmp_path.iterdir()) == []
    require_study(series)
    with pytest.raises(InputError, match="study"):  # told before any work, not after the model is made
        require_study(SimpleNamespace(distinct=lambda keyword: ()))


def test_dicom_seg(series, tmp_path, recwarn):
    pydicom = pytest.importorskip("pydicom")
    pytest.importorskip("highdicom")
    volume = read_volume(series)
    labels = np.where(volume.array > 300, 1, 0).astype(np.uint8)
    labels[:, :4, :4] = 2
    written = write_dicom_seg(labels, volume.affine, (BONE, BALL), tmp_path, "model", source_headers(series))
    assert [str(warning.message) for warning in recwarn] == []  # highdicom's quote the patient's name
    valid(written.path)
    found = pydicom.dcmread(written.path)
    assert [segment.SegmentLabel for segment in found.SegmentSequence] == ["Bone", "Ball"]
    families = [
        s.SegmentationAlgorithmIdentificationSequence[0].AlgorithmFamilyCodeSequence[0] for s in found.SegmentSequence
    ]
    assert [family.CodeMeaning for family in families] == ["Edge Detection", "Manual Processing"]
    frames = found.pixel_array
    place = {round(float(volume.affine[2, 3] + k * volume.affine[2, 2]), 3): k for k in range(len(labels))}
    seen = np.zeros_like(labels)
    for frame, groups in zip(frames, found.PerFrameFunctionalGroupsSequence):
        k = place[round(float(groups.PlanePositionSequence[0].ImagePositionPatient[2]), 3)]
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        seen[k][frame > 0] = number
    assert np.array_equal(seen, labels)


def test_labels_on_another_grid_are_refused(series, tmp_path):
    pytest.importorskip("highdicom")
    volume = read_volume(series)
    labels = np.ones(volume.array.shape, np.uint8)
    shifted = volume.affine.copy()
    shifted[2, 3] += 1.0
    with pytest.raises(RefusedError, match="planes"):
        write_dicom_seg(labels, shifted, (BONE,), tmp_path, "model", source_headers(series))
    with pytest.raises(RefusedError):
        write_dicom_seg(labels[:, :-1], volume.affine, (BONE,), tmp_path, "model", source_headers(series))


def test_seg_without_highdicom(series, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(MissingDependencyError, match="highdicom"):
        write_dicom_seg(np.ones((1, 1, 1), np.uint8), np.eye(4), (BONE,), tmp_path, "model", ())


def test_hashes_of_a_series_cover_its_files(series):
    entries, digest = hash_series(series)
    assert len(entries) == len(series.files) == 12
    assert len({entry["sha256"] for entry in entries}) == 12
    assert len(digest) == 64
