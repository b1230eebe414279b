"""Repair of foreign meshes: each defect on one base, what must not change, what must be refused."""

import sys
from itertools import cycle

import numpy as np
import pytest
from Benchmarks.repair_corpus import DEFECTS, bases, faithful, metres, overlap, truth_of

from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.components import nested_shell_triangles
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.repair import repair_mesh
from dicomtoprint.repair.winding_number_remesh import winding_number_remesh

BASES = bases()
CASES = list(zip(DEFECTS, cycle(["torus", "peanut", "shell", "saddle plate", "two balls"])))


def valid(mesh: Mesh) -> bool:
    return (
        analyse_topology(mesh).closed and len(self_intersections(mesh)) == 0 and len(nested_shell_triangles(mesh)) == 0
    )


@pytest.mark.parametrize(("defect", "base"), CASES, ids=[f"{d.__name__} {b}" for d, b in CASES])
def test_defect_is_mended_without_changing_the_shape(defect, base):
    if defect is overlap:
        pytest.importorskip("manifold3d")
    broken = defect(BASES[base], np.random.default_rng(5))
    assert not valid(broken), "the case is not broken"
    result = repair_mesh(broken)
    assert result.valid, result.remaining
    assert valid(result.mesh)
    assert result.remaining == ()
    assert result.stages
    assert faithful(result.mesh, truth_of(BASES[base], broken, defect))


def test_a_valid_mesh_comes_back_as_it_is():
    given = BASES["torus"]
    result = repair_mesh(given)
    assert result.valid
    assert result.mesh is given
    assert result.stages == ()


def test_a_unit_mistake_is_not_touched():
    broken = metres(BASES["ball"], np.random.default_rng(1))
    result = repair_mesh(broken)
    np.testing.assert_allclose(result.mesh.bounds, broken.bounds, rtol=0.05)


@pytest.mark.parametrize(
    "given",
    [
        Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32)),
        Mesh(np.eye(3, dtype=np.float32), np.array([[0, 1, 2]])),
        Mesh(np.full((3, 3), np.nan, np.float32), np.array([[0, 1, 2]])),
        Mesh(np.zeros((3, 3), np.float32), np.array([[0, 1, 2], [0, 0, 1]])),
    ],
    ids=["nothing", "one triangle", "no number", "a point"],
)
def test_what_cannot_be_a_solid_is_refused_with_a_reason_and_comes_back(given):
    result = repair_mesh(given)
    assert not result.valid
    assert result.remaining
    assert len(result.mesh.triangles) == len(given.triangles)


def test_stages_say_what_they_did():
    broken = Mesh(BASES["torus"].points, np.delete(BASES["torus"].triangles, [10, 11], axis=0))
    result = repair_mesh(broken)
    assert any(stage.name == "holes" and "open edges" in stage.effect for stage in result.stages)


def test_triangle_arrays_come_along():
    base = BASES["ball"]
    half = (base.points[base.triangles].mean(axis=1)[:, 2] > 0).astype(np.uint8)
    keep = np.arange(len(base.triangles)) != 40
    result = repair_mesh(Mesh(base.points, base.triangles[keep], triangle_arrays={"Provenance": half[keep]}))
    z = result.mesh.points[result.mesh.triangles].mean(axis=1)[:, 2]
    far = np.abs(z) > 2.0
    assert (result.mesh.triangle_arrays["Provenance"][far] == (z > 0)[far]).all()


def test_without_manifold3d_overlaps_are_still_mended(monkeypatch):
    monkeypatch.setitem(sys.modules, "manifold3d", None)
    base = BASES["ball"]
    broken = concatenate([base, Mesh((base.points + np.array([9.0, 1.0, 2.0])).astype(np.float32), base.triangles)])
    result = repair_mesh(broken)
    assert result.valid
    assert base.volume < result.mesh.volume < 2 * base.volume


def test_new_surface_bridges_a_large_hole():
    base = BASES["ball"]
    made = winding_number_remesh(
        Mesh(base.points, base.triangles[base.points[base.triangles].mean(axis=1)[:, 2] < 16.0]), 60
    )
    assert valid(made)
    assert made.volume == pytest.approx(base.volume, rel=0.05)
