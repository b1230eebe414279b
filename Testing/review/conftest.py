"""Records with their model, as a run leaves them, made without one."""

import json

import pytest

from dicomtoprint.config import resources
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.report import select_caliper_measurements
from dicomtoprint.review import SearchLimits, build_model_surface
from dicomtoprint.run_record import new_run_record, write_record
from Phantoms import printed_parts


@pytest.fixture(scope="session")
def search():
    content = json.loads((resources.RESOURCE_DIR / "review" / "limits.json").read_text(encoding="utf-8"))
    return SearchLimits(**content["search"])


@pytest.fixture(scope="session")
def bracket():
    return printed_parts.bracket()


@pytest.fixture(scope="session")
def bracket_surface(bracket):
    return build_model_surface(bracket)


@pytest.fixture
def write_model(tmp_path):
    """Writes a model with its record in a folder of its own; returns the record's path."""

    def written(mesh: Mesh, process: str = "fdm", name: str = "model", **content):
        folder = tmp_path / name
        files = export_meshes([mesh], folder, "bone", ("stl",))
        calipers = select_caliper_measurements([mesh], absolute_mm=0.3, share=0.003)
        record = new_run_record(
            intended_use="general",
            parameters={"process": process, "use": "general"},
            outputs=tuple(file.as_json() for file in files),
            calipers=calipers,
            **content,
        )
        return write_record(folder, record)

    return written
