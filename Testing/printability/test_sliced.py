"""What is called ready is sliced by PrusaSlicer into a print that is not empty and as large as was told."""

import numpy as np
import pytest

from dicomtoprint.mesh.core import concatenate
from dicomtoprint.printability import assess_file
from Phantoms.judged_solids import CUBE
from Phantoms.prusa_slicer import SLICER, sizes_read, sliced
from Phantoms.solids import ball, box, moved, rod, shell, table, tube, write_stl
from Phantoms.threemf import mesh_xml, object_xml, write_package

pytestmark = pytest.mark.skipif(SLICER is None, reason="PrusaSlicer is not installed (Debian: prusa-slicer)")
TILTED = np.array([[1, 0, 0], [0, 0.866, -0.5], [0, 0.5, 0.866]])
INCH = 'unit="inch"'
OBJECTS = object_xml(1, mesh_xml(box(1, 1, 0.8))) + object_xml(2, mesh_xml(ball(0.4, 16)))
COMPONENTS = '<components><component objectid="1"/><component objectid="2" transform="1 0 0 0 1 0 0 0 1 2 0.4 0.4"/></components>'


def stl(mesh):
    return lambda path: write_stl(path.with_suffix(".stl"), mesh) or path.with_suffix(".stl")


def package(resources, items, model='unit="millimeter"'):
    return lambda path: write_package(path.with_suffix(".3mf"), resources, items, model=model)


FILES = {
    "cube": stl(CUBE),
    "ball far from the origin": stl(ball(12.0, 24, at=(900, -700, 1200))),
    # PrusaSlicer takes a binary STL for ASCII where no byte of its first numbers is above 127: a negative number has one.
    "smallest cube": stl(box(2.1, 2.1, 2.1, at=(-1, -1, -1))),
    "plate": stl(box(30, 20, 1.3)),
    "tube": stl(tube(10.0, 4.0, 15.0)),
    "tilted rod": stl(moved(rod(4.0, 40.0), (0, 0, 0), TILTED)),
    "table": stl(table(8.0, 20.0, 6.0)),
    "shell": stl(shell(12.0, 8.0, 20)),
    "two parts": stl(concatenate((CUBE, moved(CUBE, (40, 0, 0))))),
    "3mf in metres": package(object_xml(1, mesh_xml(box(0.03, 0.02, 0.01))), '<item objectid="1"/>', 'unit="meter"'),
    "3mf in inches, two items, one turned": package(
        OBJECTS, '<item objectid="1"/><item objectid="2" transform="0 1 0 -1 0 0 0 0 1 3 0 0.4"/>', INCH
    ),
    "3mf in inches, components": package(OBJECTS + object_xml(3, COMPONENTS), '<item objectid="3"/>', INCH),
    "3mf scaled by its item": package(
        object_xml(1, mesh_xml(box(1, 1, 1))), '<item objectid="1" transform="12 0 0 0 13 0 0 0 14 0 0 0"/>'
    ),
    "smaller than the process prints": stl(box(0.3, 0.2, 0.3)),
    "metres without a unit": stl(box(0.03, 0.02, 0.01)),
    "wire": stl(rod(0.15, 8.0)),
}
NOT_READY = {"smaller than the process prints", "metres without a unit", "wire"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_called_ready_becomes_a_print_of_its_size(tmp_path, name):
    if "3mf" in name:
        pytest.importorskip("lib3mf")
    path = FILES[name](tmp_path / "a")
    readiness = assess_file(path, "fdm")
    assert (readiness.verdict == "not-ready") == (name in NOT_READY)
    if name in NOT_READY:
        return
    each = np.array([np.ptp(mesh.points, axis=0) for mesh in readiness.meshes])
    whole = np.ptp(np.concatenate([mesh.points for mesh in readiness.meshes]), axis=0)
    sizes = sizes_read(path)
    if len(sizes) == len(each):
        assert sizes == pytest.approx(each, abs=0.02)
    else:  # components of one object
        assert sizes[0] == pytest.approx(whole, abs=0.02)
    used, height = sliced(path, path.with_suffix(".gcode"))
    assert used > 0.0
    tallest = max(each[:, 2]) if len(sizes) == len(each) else whole[2]
    assert height == pytest.approx(tallest, abs=0.45)  # whole layers of 0.3 mm
