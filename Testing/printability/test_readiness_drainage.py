"""What stays in a model: ways out of hollows against the process's width, hollows that suck on the film, parts that begin in the air."""

import numpy as np
import pytest

from dicomtoprint.cli.summaries import readiness_summary
from dicomtoprint.mesh.air_pockets import find_air_pockets
from dicomtoprint.mesh.build_layers import find_islands, find_suction_cups
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.surface_voxels import solid_voxels, surface_voxels
from dicomtoprint.rules import Outcome, Severity
from Phantoms.judged_solids import CUBE, failed, finding, judged
from Phantoms.solids import ball

manifold3d = pytest.importorskip("manifold3d")


def to_mesh(solid):
    made = solid.to_mesh()
    return Mesh(np.asarray(made.vert_properties)[:, :3].astype(np.float32), np.asarray(made.tri_verts).astype(np.int32))


def hollow(hole, cavity=8.0, wall=2.0):
    """A hollow ball with one hole of that width straight down; 0 for none."""
    solid = manifold3d.Manifold.sphere(cavity + wall, 64) - manifold3d.Manifold.sphere(cavity, 64)
    if hole:
        drill = manifold3d.Manifold.cylinder(2.0 * cavity, hole / 2.0, circular_segments=48)
        solid = solid - drill.translate((0, 0, -2.0 * cavity))
    return to_mesh(solid)


def bowl(opened=False):
    """A beaker 10 mm wide and 12 deep inside; `opened`, with a hole through its side at the bottom."""
    outer = manifold3d.Manifold.cylinder(14, 7, circular_segments=48)
    solid = outer - manifold3d.Manifold.cylinder(20, 5, circular_segments=48).translate((0, 0, 2))
    if opened:
        solid = solid - manifold3d.Manifold.cube((20, 3, 3)).translate((0, -1.5, 2))
    return solid


@pytest.mark.parametrize(
    "process, hole, rule, verdict",
    [
        ("sla", 0.5, "drain", "not-ready"),
        ("sla", 1.5, "drain", "not-ready"),
        ("sla", 2.3, "drain", "not-ready"),
        ("sla", 2.6, "drain-guideline", "warn"),
        ("sla", 4.0, "", "ready"),
        ("mjf", 1.0, "drain", "not-ready"),
        ("mjf", 2.1, "drain-guideline", "warn"),
        ("fdm", 1.0, "", "warn"),
    ],
)
def test_the_hole_of_a_hollow_is_held_against_the_processs_width(tmp_path, process, hole, rule, verdict):
    readiness = judged(tmp_path, hollow(hole), process)
    assert readiness.verdict == verdict
    assert {"drain", "drain-guideline"} & failed(readiness) == ({rule} if rule else set())
    if rule:
        item = finding(readiness, rule)
        assert item.measured == pytest.approx(hole, abs=0.06) and item.unit == "mm"
        assert item.sizes[0] == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.06)
        assert np.linalg.norm(item.places[0]) < 4.0 and "mm3 of" in item.message and item.remedy


def test_a_small_hollow_behind_a_narrow_hole_warns_only(tmp_path):
    readiness = judged(tmp_path, hollow(1.0, cavity=4.0), "sla")
    assert (readiness.verdict, failed(readiness) & {"drain", "drain-guideline"}) == ("warn", {"drain-guideline"})


def test_a_large_cavity_without_any_hole_is_not_ready(tmp_path):
    item = finding(judged(tmp_path, hollow(0), "sla"), "trapped")
    assert (item.outcome, item.severity) == (Outcome.FAIL, Severity.REJECT) and "more than the 1000 mm3" in item.message
    small = finding(judged(tmp_path, hollow(0, cavity=4.0), "sla"), "trapped")
    assert (small.outcome, small.severity) == (Outcome.FAIL, Severity.WARN)


@pytest.mark.parametrize("hole", [0.4, 1.2, 2.4, 2.6, 3.0])
def test_a_coarse_grid_measures_and_accuses_as_a_fine_one(hole):
    """Voxels of half the width: a hole below one voxel is found, and one as wide as the limit is wide enough."""
    found = find_air_pockets(surface_voxels(hollow(hole, cavity=14.0), 1.2, 10**7, 1.25), 2.5, 100.0, None)
    assert len(found) == (hole < 2.5)
    assert all(pocket.neck == pytest.approx(hole, abs=0.12) for pocket in found)


def test_a_slanting_hole_between_two_hollows_is_as_wide_as_it_is():
    """Two hollows joined by a narrow slanting way, and one of them open below."""
    rod, ball = manifold3d.Manifold.cylinder, manifold3d.Manifold.sphere
    solid = (
        manifold3d.Manifold.cube((60, 30, 30), True)
        - ball(10, 48).translate((-15, 0, 0))
        - ball(10, 48).translate((15, 2, 3))
    )
    way = rod(40, 0.8, circular_segments=48, center=True).rotate((0, 84, 8))
    solid = solid - way.translate((0, 1, 1.5)) - rod(30, 3, circular_segments=48).translate((-15, 0, -30))
    (pocket,) = find_air_pockets(surface_voxels(to_mesh(solid), 0.7, 10**7, 2.0), 4.0, 100.0, None)
    assert pocket.neck == pytest.approx(1.6, abs=0.08) and pocket.place[0] == pytest.approx(15.0, abs=2.0)


def test_a_bowl_sucks_upright_and_not_with_a_hole_or_upside_down(tmp_path):
    upright = finding(judged(tmp_path, to_mesh(bowl().scale((2, 2, 2))), "sla"), "suction")
    assert (upright.outcome, upright.severity) == (Outcome.FAIL, Severity.WARN)
    assert upright.measured == pytest.approx(8 * np.pi * 25 * 12, rel=0.1) and "--orient" in upright.remedy
    for solid in (bowl(opened=True), bowl().rotate((180, 0, 0))):
        voxels = surface_voxels(to_mesh(solid), 0.2, 10**7)
        assert sum(cup.volume for cup in find_suction_cups(solid_voxels(voxels), voxels.grid)) < 100.0
    assert finding(judged(tmp_path, CUBE, "mjf"), "suction").outcome is Outcome.NOT_APPLICABLE


def test_what_begins_in_the_air_is_an_island(tmp_path):
    """An arm on a column, from which a leg hangs that does not reach the plate."""
    cube = manifold3d.Manifold.cube
    solid = cube((6, 6, 20)) + cube((20, 6, 4)).translate((0, 0, 16)) + cube((4, 6, 8)).translate((16, 0, 9))
    readiness = judged(tmp_path, to_mesh(solid), "sla")
    item = finding(readiness, "islands")
    assert (item.outcome, item.severity, item.measured) == (Outcome.FAIL, Severity.INFO, 1)
    assert item.places[0] == pytest.approx((18, 3, 9), abs=1.0)
    assert item.message in readiness_summary(readiness.as_json()), "it falls off without supports: said on the terminal"


def test_voxels_enclose_the_volume_of_the_mesh():
    """Those that the surface passes through counted in half."""
    for mesh in (ball(8.0, 30), hollow(2.0)):
        voxels = surface_voxels(mesh, 0.2, 10**7)
        solid = solid_voxels(voxels)
        volume = (solid.sum() - voxels.passed.sum() / 2.0) * 0.2**3
        assert volume == pytest.approx(mesh.volume, rel=0.03)
    assert find_islands(solid, voxels.grid) == ()
