"""Repair by `inspect --repair`: what it cannot mend is told in plain words."""

import json
import re

import jsonschema
import numpy as np
import pytest
from Benchmarks.repair_corpus import implicit

from dicomtoprint.config.resources import RESOURCE_DIR
from dicomtoprint.errors import RefusedError, UsageError
from dicomtoprint.io import export_meshes, read_mesh_file
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.pipeline.inspection import inspect_file
from dicomtoprint.repair import RepairOptions
from Phantoms.solids import box, write_stl
from Phantoms.threemf import mesh_xml, object_xml, write_package

SCHEMA = RESOURCE_DIR / "report" / "printability.schema.json"

TRIANGLE = Mesh(np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32))
PAIR = Mesh(np.eye(4, 3, dtype=np.float32), np.array([[0, 1, 2], [0, 1, 2]], np.int32))


@pytest.mark.parametrize("mesh", [TRIANGLE, PAIR], ids=["one thing left", "several things left"])
def test_a_repair_that_fails_says_what_is_left_in_words(mesh, tmp_path):
    path = tmp_path / "sheet.stl"
    write_stl(path, mesh)
    with pytest.raises(RefusedError) as caught:
        inspect_file(path, repair_to=tmp_path / "mended.stl")
    sentence = str(caught.value)
    assert re.search(r"without changing it \(\d+ [a-z ]+(; \d+ [a-z ]+)*\): mend it", sentence), sentence
    assert not re.search(r"[\[\]]|\(\(|'\d|,\)|\.\)", sentence), sentence
    assert not (tmp_path / "mended.stl").exists()


def test_a_repair_is_measured_on_terminal_and_in_json(tmp_path):
    cube = box(10.0, 10.0, 10.0)
    write_stl(tmp_path / "open.stl", Mesh(cube.points, cube.triangles[2:]))
    inspected = inspect_file(tmp_path / "open.stl", repair_to=tmp_path / "mended.stl")
    assert any("moved or lost: mean 0.000 mm" in line for line in inspected.repaired)
    assert any(line.endswith("4 edges, 100.0 mm2, capped") for line in inspected.repaired)
    content = inspected.as_json()
    jsonschema.validate(content, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert content["repair"][0]["measures"]["triangles_added"] == 2
    assert "repair" not in inspect_file(tmp_path / "mended.stl").as_json()


def test_a_repair_that_would_lose_more_than_the_process_prints_is_refused_by_name(tmp_path):
    ball = implicit(lambda x, y, z: 0.5 - np.sqrt(x * x + y * y + z * z), 14, 0.7)
    points = ball.points.copy()
    points[int(points[:, 2].argmax())] = (0.5, 0.3, -14.0)  # only cutting this out would mend it
    write_stl(tmp_path / "spike.stl", Mesh(points, ball.triangles))
    with pytest.raises(RefusedError, match="spike"):
        inspect_file(tmp_path / "spike.stl", process="sla", repair_to=tmp_path / "mended.stl")
    assert not (tmp_path / "mended.stl").exists()


def test_choices_by_number_need_one_object(tmp_path):
    two = export_meshes((box(10.0, 10.0, 10.0), box(5.0, 5.0, 5.0, at=(20.0, 0.0, 0.0))), tmp_path, "two", ("obj",))[
        0
    ].path
    with pytest.raises(UsageError, match="numbers within one object"):
        inspect_file(two, repair_to=tmp_path / "out.stl", repair_options=RepairOptions(shells=((1, "keep"),)))


def coloured_and_open(path):
    """Two objects in centimetres, moved: one with triangles in two colours and a hole, one of a named material; and a support."""
    space = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
    block = box(2, 2, 2)
    hole = Mesh(block.points, block.triangles[:-1])
    resources = (
        '<m:colorgroup id="8"><m:color color="#FF0000"/><m:color color="#00FF00"/></m:colorgroup>'
        '<basematerials id="9"><base name="PA 12" displaycolor="#336699"/></basematerials>'
        + object_xml(1, mesh_xml(hole, 'pid="8" p1="0"').replace('p1="0"', 'p1="1"', 6), 'type="model" name="bone"')
        + object_xml(2, mesh_xml(box(1, 1, 1, at=(4, 0, 0))), 'type="model" name="tumour" pid="9" pindex="0"')
        + object_xml(3, mesh_xml(block), 'type="support" name="prop"')
    )
    items = '<item objectid="1" transform="1 0 0 0 1 0 0 0 1 0 0 3"/><item objectid="2"/><item objectid="3"/>'
    return write_package(path, resources, items, model=f'unit="centimeter" xmlns:m="{space}"')


def test_repair_keeps_names_colours_materials_and_places(tmp_path):
    """Read again, the repaired file has what the first one had, in mm; what it has not is told."""
    pytest.importorskip("lib3mf")
    path = coloured_and_open(tmp_path / "a.3mf")
    done = inspect_file(path, repair_to=tmp_path / "b.3mf")
    bone, tumour = read_mesh_file(tmp_path / "b.3mf").meshes
    assert (bone.name, tumour.name) == ("bone", "tumour")
    assert bone.bounds == pytest.approx((0, 20, 0, 20, 30, 50)) and bone.volume == pytest.approx(8000.0)
    assert tumour.bounds == pytest.approx((40, 50, 0, 10, 0, 10))
    assert [item.name for item in tumour.materials] == ["PA 12"] and tumour.materials[0].rgba[:3] == (51, 102, 153)
    before = read_mesh_file(path).meshes[0]
    for triangle, number in zip(before.triangles, before.triangle_arrays["Material"]):
        middle = before.points[triangle].mean(axis=0)
        away = np.linalg.norm(bone.points[bone.triangles].mean(axis=1) - middle, axis=1)
        own = bone.materials[bone.triangle_arrays["Material"][int(away.argmin())]]
        assert own.rgba == before.materials[number].rgba
    assert any("'prop' (support) is not written" in line for line in done.repaired)


def test_repair_to_a_format_without_colours_says_so(tmp_path):
    pytest.importorskip("lib3mf")
    done = inspect_file(coloured_and_open(tmp_path / "a.3mf"), repair_to=tmp_path / "b.stl")
    assert any("Colours and materials are kept in 3MF only" in line for line in done.repaired)
