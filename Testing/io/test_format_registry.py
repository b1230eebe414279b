"""Formats of mesh files by name: the built-in ones are whole, one of an installed package is written, read and judged like them."""

import numpy as np
import pytest

from dicomtoprint.config.formats import (
    FORMATS,
    MESH_FORMATS,
    MESH_HANDLERS,
    READ_ONLY,
    STUDY_HANDLERS,
    endings_of_format,
    mesh_format,
    read_formats,
)
from dicomtoprint.errors import InputError, UsageError
from dicomtoprint.io import export_meshes, read_mesh_file
from dicomtoprint.pipeline.stages import missing_packages
from Phantoms.installed_package import install
from Phantoms.solids import box

NPZ = """
import numpy as np

from dicomtoprint.io.mesh.handler import FormatHandler
from dicomtoprint.io.mesh.raw import RawMeshFile
from dicomtoprint.mesh.core import Mesh, concatenate


class Npz(FormatHandler):
    name = "npz"
    package = "package_that_nobody_has"

    def read(self, path, progress):
        with np.load(path, allow_pickle=False) as arrays:
            return RawMeshFile((Mesh(arrays["points"], arrays["triangles"], path.stem),), unit="mm", space="LPS")

    def write(self, target, meshes, progress):
        whole = concatenate(list(meshes))
        with open(target.path, "wb") as file:
            np.savez(file, points=whole.points, triangles=whole.triangles)
"""


def test_every_built_in_format_has_the_name_it_is_known_by():
    for name in MESH_HANDLERS.names:
        handler = mesh_format(name)
        assert handler.name == name and handler.can_write is (name not in READ_ONLY)
    for name in STUDY_HANDLERS.names:
        assert STUDY_HANDLERS.get(name)().name == name
    assert FORMATS[:2] == ("stl", "3mf") and FORMATS[-2:] == ("dicom", "seg"), "the order in which they are listed"
    assert endings_of_format("obj") == (".obj", ".mtl") and endings_of_format("seg") == (".seg.dcm",)


def test_a_format_that_is_only_read_is_not_written(tmp_path):
    with pytest.raises(UsageError, match=r"'vtp' is no format of mesh files: choose among stl, 3mf, obj, ply"):
        export_meshes((box(1.0, 1.0, 1.0),), tmp_path, "m", ("vtp",))
    with pytest.raises(UsageError, match=r"^'vtp' is no file format here"):
        read_formats("--format", ["vtp"])
    assert list(tmp_path.iterdir()) == []


def test_a_format_of_an_installed_package_is_written_read_back_and_read(tmp_path, monkeypatch):
    from dicomtoprint.config.run_settings import RunSettings

    with pytest.raises(UsageError, match=r"'npz' is no file format here"):
        read_formats("--format", ["npz"])
    install(tmp_path, monkeypatch, "dicomtoprint.formats", "npz", NPZ, "Npz")
    assert read_formats("--format", ["stl,npz"]) == ("stl", "npz")
    assert missing_packages(RunSettings(formats=("npz",))) == ("package_that_nobody_has",)
    mesh, folder = box(1.0, 2.0, 3.0), tmp_path / "out"
    folder.mkdir()
    (written,) = export_meshes((mesh,), folder, "m", ("npz",))
    assert written.triangles == len(mesh.triangles) and written.path.name == "m.npz"
    found = read_mesh_file(written.path)
    assert found.space == "LPS" and np.isclose(found.meshes[0].volume, 6.0)


def test_a_file_of_no_known_format_ends_in_a_sentence(tmp_path):
    (tmp_path / "m.npz").write_bytes(b"")
    assert "npz" not in MESH_FORMATS
    with pytest.raises(InputError, match=r"m\.npz has no ending"):
        read_mesh_file(tmp_path / "m.npz")
