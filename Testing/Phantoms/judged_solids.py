"""A solid written, read and judged, and what is looked up in the verdict."""

import numpy as np

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.printability import assess_file
from dicomtoprint.rules import Outcome, Severity
from Phantoms.solids import box, write_stl


def judged(tmp_path, mesh, process="fdm", header=b"test", **options):
    write_stl(tmp_path / "a.stl", mesh, header)
    return assess_file(tmp_path / "a.stl", process, **options)


def failed(readiness, counting=(Severity.REJECT, Severity.WARN)):
    return {item.rule for item in readiness.findings if item.outcome is Outcome.FAIL and item.severity in counting}


def finding(readiness, rule):
    return next(item for item in readiness.findings if item.rule == rule)


def without(mesh, *triangles):
    return Mesh(mesh.points, np.delete(mesh.triangles, triangles, axis=0))


CUBE = box(20, 20, 20)


def write_obj(folder, *meshes):
    lines, first = [], 1
    for index, mesh in enumerate(meshes):
        lines += [f"o part{index}", *(f"v {x} {y} {z}" for x, y, z in mesh.points.tolist())]
        lines += [f"f {a + first} {b + first} {c + first}" for a, b, c in mesh.triangles.tolist()]
        first += len(mesh.points)
    (folder / "a.obj").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "a.obj"
