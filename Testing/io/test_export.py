"""Mesh files: round trips through independent readers, headers, and what stays behind when writing fails."""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from dicomtoprint.errors import CancelledError, MissingDependencyError, OutputError, UsageError
from dicomtoprint.io import export_meshes, sha256_of
from dicomtoprint.io.mesh import stl as writing
from dicomtoprint.mesh.core import Mesh


def corners(points, triangles):
    return np.asarray(points, dtype=np.float64)[np.asarray(triangles)]


def assert_same(expected, points, triangles):
    """The same triangles in the same order and orientation, corners within 1e-4 mm."""
    before = np.concatenate([corners(mesh.points, mesh.triangles) for mesh in expected])
    after = corners(points, triangles)
    assert after.shape == before.shape
    assert np.abs(after - before).max() < 1e-4
    assert np.linalg.det(after[0] - after.mean(axis=(0, 1))) * np.linalg.det(before[0] - before.mean(axis=(0, 1))) > 0


@pytest.mark.parametrize("form", ["stl", "ply"])
def test_trimesh_reads_the_same(meshes, tmp_path, form):
    trimesh = pytest.importorskip("trimesh")
    export_meshes(meshes, tmp_path, "model", (form,))
    found = trimesh.load(tmp_path / f"model.{form}", process=False, force="mesh")
    assert_same(meshes, found.vertices, found.faces)
    assert found.volume == pytest.approx(sum(mesh.volume for mesh in meshes), rel=1e-4)


def test_trimesh_reads_the_objects_of_an_obj(meshes, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    export_meshes(meshes, tmp_path, "model", ("obj",))
    lines = (tmp_path / "model.obj").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("o ")] == ["o Left_femur", "o Loose_part"]
    scene = trimesh.load(tmp_path / "model.obj", process=False, split_object=True, group_material=False)
    for mesh in meshes:
        found = min(scene.geometry.values(), key=lambda part: np.linalg.norm(part.centroid - mesh.points.mean(axis=0)))
        assert_same((mesh,), found.vertices, found.faces)
        assert np.allclose(np.asarray(found.visual.material.diffuse[:3]) / 255.0, mesh.color, atol=0.01)


def test_lib3mf_reads_the_same_in_strict_mode(meshes, tmp_path):
    lib3mf = pytest.importorskip("lib3mf")
    export_meshes(
        meshes, tmp_path, "model", ("3mf",), metadata={"Title": "Femur", "RecordHash": "12ab"}, thumbnail=_png()
    )
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(str(tmp_path / "model.3mf"))
    assert reader.GetWarningCount() == 0
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    assert model.HasPackageThumbnailAttachment()
    objects = model.GetMeshObjects()
    colors = model.GetBaseMaterialGroups()
    colors.MoveNext()
    group = colors.GetCurrentBaseMaterialGroup()
    for mesh in meshes:
        assert objects.MoveNext()
        found = objects.GetCurrentMeshObject()
        assert found.GetName() == mesh.name
        assert found.IsManifoldAndOriented()
        points = np.array([tuple(vertex.Coordinates) for vertex in found.GetVertices()])
        triangles = np.array([tuple(triangle.Indices) for triangle in found.GetTriangleIndices()])
        assert_same((mesh,), points, triangles)
        _resource, identity, _known = found.GetObjectLevelProperty()
        color = group.GetDisplayColor(identity)
        assert np.allclose((color.Red, color.Green, color.Blue), np.rint(255 * np.array(mesh.color)), atol=1)
    assert not objects.MoveNext()


def test_3mf_package_by_plain_zip_and_xml(meshes, tmp_path):
    pytest.importorskip("lib3mf")
    export_meshes(meshes, tmp_path, "model", ("3mf",), metadata={"Title": "Femur"})
    with zipfile.ZipFile(tmp_path / "model.3mf") as package:
        assert package.testzip() is None
        root = ElementTree.fromstring(package.read("3D/3dmodel.model"))
    core = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"
    assert root.get("unit") == "millimeter"
    metadata = {item.get("name"): item.text for item in root.iter(f"{core}metadata")}
    assert metadata["Title"] == "Femur"
    assert "SPACE=LPS" in metadata.values()
    first = root.find(f"{core}resources/{core}object/{core}mesh/{core}vertices")
    points = np.array([[float(vertex.get(axis)) for axis in "xyz"] for vertex in first])
    assert np.abs(points - meshes[0].points).max() < 1e-4


def _png():
    from dicomtoprint.images.image import png_image

    return png_image("", "", "", np.zeros((8, 8), np.uint8)).data


def test_headers(meshes, tmp_path):
    export_meshes(meshes, tmp_path, "model", ("stl", "obj", "ply"))
    head = (tmp_path / "model.stl").read_bytes()[:80]
    assert head.rstrip(b"\0") == b"SPACE=LPS"
    lines = (tmp_path / "model.obj").read_text(encoding="utf-8").splitlines()
    assert lines[0].split()[-1] == "SPACE=LPS"
    assert lines[1] == "# vertex coordinates are measured in units, where 1 unit = 1.000000 mm"
    assert b"\ncomment SPACE=LPS\n" in (tmp_path / "model.ply").read_bytes()[:400]


@pytest.mark.slicer
@pytest.mark.parametrize("form", ["stl", "ply", "obj"])
def test_slicer_storage_node_reads_the_same_place(meshes, tmp_path, form):
    slicer = pytest.importorskip("slicer")
    from vtk.util.numpy_support import vtk_to_numpy

    export_meshes(meshes, tmp_path, "model", (form,))
    scene = slicer.vtkMRMLScene()
    model = scene.AddNewNodeByClass("vtkMRMLModelNode")
    storage = slicer.vtkMRMLModelStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(tmp_path / f"model.{form}"))
    assert storage.ReadData(model) == 1
    ras = vtk_to_numpy(model.GetPolyData().GetPoints().GetData())
    expected = np.concatenate([mesh.points for mesh in meshes]) * (-1, -1, 1)
    assert np.allclose(ras.min(axis=0), expected.min(axis=0), atol=1e-4)
    assert np.allclose(ras.max(axis=0), expected.max(axis=0), atol=1e-4)


def test_arrays_are_in_the_ply(meshes, tmp_path):
    from dicomtoprint.io import read_meshes

    export_meshes(meshes, tmp_path, "model", ("ply",))
    data = (tmp_path / "model.ply").read_bytes()
    header = data[: data.index(b"end_header\n") + 11].decode("ascii")
    assert "property float Wall" in header
    assert "property uchar Provenance" in header
    rows = np.frombuffer(
        data[len(header) + 19 * sum(len(mesh.points) for mesh in meshes) :],
        dtype=[("n", "u1"), ("index", "<i4", 3), ("object", "<u2"), ("provenance", "u1")],
    )
    assert np.array_equal(rows["provenance"], np.concatenate([mesh.triangle_arrays["Provenance"] for mesh in meshes]))
    assert np.array_equal(np.unique(rows["object"]), [0, 1])
    assert sum(len(mesh.triangles) for mesh in read_meshes(tmp_path / "model.ply")) == len(rows)


def test_same_meshes_give_the_same_bytes(meshes, tmp_path):
    pytest.importorskip("lib3mf")
    first = export_meshes(meshes, tmp_path / "a", "model", ("stl", "3mf", "obj", "ply"))
    time.sleep(2.1)  # a zip's clock ticks every two seconds
    second = export_meshes(meshes, tmp_path / "b", "model", ("stl", "3mf", "obj", "ply"))
    assert [file.sha256 for file in first] == [file.sha256 for file in second]
    assert [file.path.name for file in first] == ["model.stl", "model.3mf", "model.obj", "model.mtl", "model.ply"]
    assert all(file.sha256 == sha256_of(file.path) and file.bytes == file.path.stat().st_size for file in first)


@pytest.mark.skipif(shutil.which("prusa-slicer") is None, reason="prusa-slicer is not installed")
@pytest.mark.parametrize("form", ["stl", "3mf"])
def test_prusa_slicer_opens_it_at_the_same_size(meshes, tmp_path, form):
    if form == "3mf":
        pytest.importorskip("lib3mf")
    mesh = replace(meshes[0], points=(meshes[0].points - meshes[0].points.mean(axis=0)) * (1.0, 2.0, 3.5))
    export_meshes((mesh,), tmp_path, "model", (form,))
    told = subprocess.run(
        ["prusa-slicer", "--info", str(tmp_path / f"model.{form}")],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "HOME": str(tmp_path)},
        encoding="utf-8",
    ).stdout
    sizes = [
        float(line.split("=")[1])
        for axis in "xyz"
        for line in told.splitlines()
        if line.strip().startswith(f"size_{axis}")
    ]
    bounds = np.array(mesh.bounds).reshape(3, 2)
    assert np.allclose(sizes, bounds[:, 1] - bounds[:, 0], atol=1e-3)
    assert "manifold = yes" in told


def test_unknown_format_and_bad_names(meshes, tmp_path):
    with pytest.raises(UsageError, match="step"):
        export_meshes(meshes, tmp_path, "model", ("step",))
    with pytest.raises(UsageError, match="character"):
        export_meshes(meshes, tmp_path, "../model", ("stl",))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "broken",
    [(), (Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)),), (Mesh(np.full((3, 3), np.nan), np.array([[0, 1, 2]])),)],
)
def test_nothing_empty_or_endless_is_written(broken, tmp_path):
    with pytest.raises(OutputError):
        export_meshes(broken, tmp_path, "model", ("stl",))
    assert list(tmp_path.iterdir()) == []


def test_without_lib3mf_the_sentence_names_it(meshes, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lib3mf", None)
    with pytest.raises(MissingDependencyError, match="lib3mf"):
        export_meshes(meshes, tmp_path, "model", ("stl", "3mf"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, CancelledError])
def test_an_interrupted_write_leaves_nothing(meshes, tmp_path, error):
    calls = []

    def progress(fraction, phrase=""):
        calls.append(phrase)
        if "reading" in phrase:
            raise error

    with pytest.raises(error):
        export_meshes(meshes, tmp_path, "model", ("stl", "ply"), progress=progress)
    assert calls
    assert list(tmp_path.iterdir()) == []


def _mirrored(path, meshes, progress=None, space="LPS"):
    real_stl(path, [replace(mesh, points=mesh.points * (-1, 1, 1)) for mesh in meshes])


def _turned(path, meshes, progress=None, space="LPS"):
    real_stl(path, [replace(mesh, triangles=mesh.triangles[:, ::-1]) for mesh in meshes])


def _moved(path, meshes, progress=None, space="LPS"):
    real_stl(path, [replace(mesh, points=mesh.points + 0.01) for mesh in meshes])


def _lost(path, meshes, progress=None, space="LPS"):
    real_stl(path, meshes[:1])


def _short(path, meshes, progress=None, space="LPS"):
    real_stl(path, meshes)
    path.write_bytes(path.read_bytes()[:-30])


real_stl = writing.write_stl


@pytest.mark.parametrize("fault", [_mirrored, _turned, _moved, _lost, _short])
def test_what_does_not_read_back_gets_no_name(meshes, tmp_path, monkeypatch, fault):
    (tmp_path / "model.stl").write_bytes(b"the file of an earlier run")
    monkeypatch.setattr(writing, "write_stl", fault)
    with pytest.raises(OutputError, match=r"STL .*read back"):
        export_meshes(meshes, tmp_path, "model", ("ply", "stl"))
    assert [path.name for path in tmp_path.iterdir()] == ["model.stl"]
    assert (tmp_path / "model.stl").read_bytes() == b"the file of an earlier run"
