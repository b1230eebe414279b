"""Text of other systems and editors, spaces that are not known, VTP, and what lib3mf says."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.errors import InputError, OutputError
from dicomtoprint.io import export_meshes, read_mesh_file
from dicomtoprint.io.mesh.threemf_errors import in_words
from dicomtoprint.mesh.core import Mesh, to_polydata
from Phantoms.solids import box

FACET = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
TEXTS = {
    "stl": f"solid knöchel\n{FACET}endsolid knöchel\n",
    "obj": "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "ply": "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\n"
    "property list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
}


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", TEXTS)
def test_text_of_any_editor_reads_alike(form, encoding, ends, tmp_path):
    path = tmp_path / f"model.{form}"
    path.write_bytes(TEXTS[form].replace("\n", ends).encode(encoding))
    (mesh,) = read_mesh_file(path).meshes
    corners = mesh.points[mesh.triangles].reshape(3, 3)
    assert corners.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("form", ["stl", "3mf", "obj", "ply"])
@pytest.mark.parametrize("space", ["LPS", None])
def test_a_file_names_the_space_that_is_known(form, space, tmp_path):
    if form == "3mf":
        pytest.importorskip("lib3mf")
    written = export_meshes((box(5.0, 5.0, 5.0),), tmp_path, "box", (form,), space=space)
    assert {file.space for file in written} == {space}
    assert read_mesh_file(tmp_path / f"box.{form}").space == space
    assert written[0].as_json()["space"] == (space or "unknown")


def test_a_ply_that_was_read_can_be_written_again_in_its_colour(tmp_path):
    given = replace(box(5.0, 5.0, 5.0), name="first", color=(0.2, 0.6, 0.4))
    export_meshes((given,), tmp_path, "first", ("ply",))
    (read,) = read_mesh_file(tmp_path / "first.ply").meshes
    assert read.color == pytest.approx(given.color, abs=0.003)
    export_meshes((read,), tmp_path, "second", ("ply",))
    assert (tmp_path / "first.ply").read_bytes() == (tmp_path / "second.ply").read_bytes()


def vtp(path, mesh, space=None, mode="SetDataModeToAppended"):
    import vtk

    polydata = to_polydata(mesh)
    if space:
        said = vtk.vtkStringArray()
        said.SetName("SPACE")
        said.InsertNextValue(space)
        polydata.GetFieldData().AddArray(said)
    writer = vtk.vtkXMLPolyDataWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(polydata)
    getattr(writer, mode)()
    writer.Write()


def test_vtp_reads_as_slicer_saves_it(tmp_path):
    given = box(5.0, 6.0, 7.0, at=(1.0, 2.0, 3.0))
    vtp(tmp_path / "ras.vtp", given, "RAS")
    read = read_mesh_file(tmp_path / "ras.vtp")
    assert (read.space, read.format, read.triangles) == ("RAS", "vtp", 12)
    assert read.meshes[0].bounds == pytest.approx((-6.0, -1.0, -8.0, -2.0, 3.0, 10.0))
    assert read.meshes[0].volume == pytest.approx(210.0)


@pytest.mark.parametrize("fault", ["claims too much", "cut short"])
def test_a_lying_or_broken_vtp_is_one_sentence(fault, tmp_path):
    path = tmp_path / "model.vtp"
    vtp(path, box(5.0, 6.0, 7.0), mode="SetDataModeToAscii")
    text = path.read_text(encoding="utf-8")
    wrong = (
        text.replace('NumberOfPoints="8"', 'NumberOfPoints="99999999999"')
        if fault == "claims too much"
        else text[:-900]
    )
    assert wrong != text
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(InputError, match="no whole VTP file"):
        read_mesh_file(path)


def test_what_lib3mf_refuses_is_told_in_words(tmp_path):
    pytest.importorskip("lib3mf")
    with pytest.raises(OutputError, match=r"cannot be made \([a-z, ]+\): repair the model"):
        flat = Mesh(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32), np.array([[0, 0, 1]], np.int32))
        export_meshes((flat,), tmp_path, "flat", ("3mf",))
    assert list(tmp_path.iterdir()) == []
    assert (
        in_words(RuntimeError("Could not find Object associated to the Build item "))
        == "it places an object that it does not hold"
    )
    assert in_words(RuntimeError("0x1f")) == "its content is damaged"
