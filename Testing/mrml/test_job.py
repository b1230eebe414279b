"""What a job leaves in the scene, the scene file, and the DICOM database as a source."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("slicer", reason="needs Slicer or the slicer-core wheel")
pytestmark = pytest.mark.slicer

from dicomtoprint.errors import InputError, OutputError  # noqa: E402
from dicomtoprint.mesh.core import Mesh  # noqa: E402
from dicomtoprint.rules import Finding, Outcome, Severity  # noqa: E402
from dicomtoprint.segmentation import Segment, Segmentation  # noqa: E402
from dicomtoprint.volume import Volume  # noqa: E402
from DicomToPrintLib.mrml import dicom_database, subject_hierarchy  # noqa: E402
from DicomToPrintLib.mrml.findings_nodes import findings_markups, findings_table, json_node  # noqa: E402
from DicomToPrintLib.mrml.mrb import TITLES, read_mrb, write_mrb, write_scene  # noqa: E402
from DicomToPrintLib.mrml.scene import new_scene, node_or_none  # noqa: E402


def finding(outcome=Outcome.FAIL, places=((1.0, 2.0, 3.0),)):
    return Finding(
        "P-WALL",
        "wall",
        Severity.WARN,
        outcome,
        0.4,
        0.8,
        "rim",
        "Thicken to 0.8 mm.",
        "The wall is thin.",
        "mm",
        places=places,
    )


def test_findings_stand_in_a_table_with_units():
    scene = new_scene()
    table = findings_table([finding()], scene, "findings", TITLES).GetTable()
    assert [table.GetColumnName(i) for i in range(8)] == list(TITLES)
    assert table.GetValue(0, 3).ToString() == "0.4 mm"
    assert table.GetValue(0, 7).ToString() == "Thicken to 0.8 mm."


def test_places_are_marked_in_ras_and_passes_are_not():
    scene = new_scene()
    assert findings_markups([finding(Outcome.PASS)], scene, "places") is None
    node = findings_markups([finding()], scene, "places")
    assert node.GetNthControlPointPositionVector(0).GetX() == -1.0
    assert node.GetNthControlPointPositionVector(0).GetZ() == 3.0
    assert node.GetNthControlPointLabel(0) == "P-WALL"


def test_a_job_folder_is_made_once_and_a_role_is_replaced_whole():
    scene = new_scene()
    item = subject_hierarchy.run_folder(scene, "Job")
    assert subject_hierarchy.run_folder(scene, "Job") == item
    for name in ("a", "b"):
        subject_hierarchy.add_node(scene, item, json_node({"name": name}, scene, name), "record")
    other = json_node({}, scene, "other")
    assert [node.GetName() for node in subject_hierarchy.nodes_with_role(scene, item, "record")] == ["a", "b"]
    subject_hierarchy.remove_role(scene, item, "record")
    assert subject_hierarchy.nodes_with_role(scene, item, "record") == []
    assert node_or_none(other) is other
    scene.RemoveNode(other)
    assert node_or_none(other) is None


def everything(tmp_path, turned=()):
    volume = Volume(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.diag([0.5, 0.5, 1.0, 1.0]))
    labels = (volume.array > 30).astype(np.uint8)
    bone = Segment("bone", 1, "Bone", (0.9, 0.85, 0.7), 30.0, {}, 1.0)
    mesh = Mesh(
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32),
        np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]]),
        point_arrays={"Deviation": np.zeros(4, np.float32)},
    )
    return write_scene(
        tmp_path / "job.mrb",
        volume=volume,
        segmentation=Segmentation(volume, volume.affine, labels, None, (bone,)),
        meshes=(mesh,),
        findings=(finding(),),
        texts={"printability": {"verdict": "warn"}},
        turned=turned,
        job="Job",
    )


def test_a_written_scene_reads_back_with_everything_in_its_folder(tmp_path):
    path = everything(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["job.mrb"]
    scene = read_mrb(path)
    item = subject_hierarchy.run_folder(scene, "Job")
    roles = {
        role: len(subject_hierarchy.nodes_with_role(scene, item, role))
        for role in ("scan", "anatomy", "model", "findings", "places", "record")
    }
    assert roles == dict.fromkeys(roles, 1)
    places = subject_hierarchy.nodes_with_role(scene, item, "places")[0]
    marked = findings_markups([finding()], new_scene(), "places").GetNumberOfControlPoints()
    assert places.GetNumberOfControlPoints() == marked > 0
    text = subject_hierarchy.nodes_with_role(scene, item, "record")[0].GetText()
    assert json.loads(text) == {"verdict": "warn"}


def test_a_model_turned_for_the_print_stands_on_its_anatomy_with_its_places(tmp_path):
    lain_down = np.array([[1.0, 0, 0, 5], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    scene = read_mrb(everything(tmp_path, (lain_down,)))
    item = subject_hierarchy.run_folder(scene, "Job")
    (model,), (places,) = (subject_hierarchy.nodes_with_role(scene, item, role) for role in ("model", "places"))
    assert places.GetTransformNodeID() and places.GetTransformNodeID() == model.GetTransformNodeID()
    bounds = [0.0] * 6
    model.GetRASBounds(bounds)
    np.testing.assert_allclose(bounds, [4.0, 5.0, -1.0, 0.0, -1.0, 0.0], atol=1e-6)


def test_a_scene_is_written_where_the_folder_is_named_from_here(tmp_path, monkeypatch):
    """`--output OUT`: the scene itself writes to full paths only."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    assert everything(Path("out")).is_file()
    assert [item.name for item in (tmp_path / "out").iterdir()] == ["job.mrb"]


class Stubborn:
    """A scene on a full disk."""

    def WriteToMRB(self, path, picture):
        Path(path).write_bytes(b"half")
        return False


def test_a_scene_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match=r"job\.mrb"):
        write_mrb(Stubborn(), tmp_path / "job.mrb")
    assert list(tmp_path.iterdir()) == []


class Database:
    """What `ctkDICOMDatabase` answers, for one series of two files."""

    isOpen = True

    def __init__(self, files):
        self.files = files

    def filesForSeries(self, uid):
        return self.files if uid == "1.2.3" else []

    def instancesForSeries(self, uid):
        return ["1.2.3.1", "1.2.3.2"] if uid == "1.2.3" else []

    def fileForInstance(self, uid):
        return self.files[int(uid[-1]) - 1]

    def seriesForFile(self, name):
        return "1.2.3" if name else ""


@pytest.fixture
def files(tmp_path):
    names = [tmp_path / "a" / "IM1", tmp_path / "b" / "IM1"]
    for index, name in enumerate(names):
        name.parent.mkdir()
        name.write_text(str(index), encoding="utf-8")
    return [str(name) for name in names]


def test_a_series_of_the_database_is_read_through_links(files):
    found = dicom_database.series_files(Database(files), "1.2.3")
    linked = dicom_database.link_files(found)
    try:
        assert sorted(path.read_text(encoding="utf-8") for path in linked.iterdir()) == ["0", "1"]
    finally:
        shutil.rmtree(linked)


def test_remote_unknown_and_foreign_series_are_each_one_sentence(files):
    with pytest.raises(InputError, match="not stored on this computer"):
        dicom_database.series_files(Database(["", files[1]]), "1.2.3")
    with pytest.raises(InputError, match="import it"):
        dicom_database.series_files(Database(files), "9.9")
    with pytest.raises(InputError, match="no series UID"):
        dicom_database.series_files(Database(files), "'; drop")
    with pytest.raises(InputError, match="not open"):
        dicom_database.series_files(None, "1.2.3")


def test_the_series_behind_a_volume(files):
    node = new_scene().AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    assert dicom_database.series_of_volume(Database(files), node) is None
    node.SetAttribute("DICOM.instanceUIDs", "1.2.3.1 1.2.3.2")
    assert dicom_database.series_of_volume(Database(files), node) == "1.2.3"
    with pytest.raises(InputError, match="left"):
        dicom_database.series_of_volume(Database(["", ""]), node)
    assert all(Path(name).is_file() for name in files)
