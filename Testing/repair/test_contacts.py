"""Surfaces that touch are taken apart by a hair, and what the exact mends of slivers and doubled surfaces leave."""

import numpy as np
import pytest

from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.mesh.self_intersection import intersecting_pairs
from dicomtoprint.repair import RepairOptions, repair_mesh
from dicomtoprint.repair.contacts import part_contacts
from dicomtoprint.repair.slivers import remove_slivers

from .test_mends import FACES, box


def cavity(size, at, first: int = 0) -> Mesh:
    """A box facing inward, `first` the corner of its triangles that comes first."""
    made = box(size, at)
    return Mesh(made.points, np.roll(made.triangles, -first, axis=1)[:, (0, 2, 1)])


def require_valid(mesh: Mesh, parts: int, volume: float, share: float = 2e-3) -> None:
    facts = analyse_topology(mesh)
    assert facts.closed and facts.components == parts and len(self_intersections(mesh)) == 0
    assert mesh.volume == pytest.approx(volume, rel=share)


@pytest.mark.parametrize(
    "parts",
    [
        (box(), box((9.0, 9.0, 9.0), (0.5, 0.5, 10.0))),
        (box(), box(at=(1.0, 1.0, 9.9995))),
        (box((20.0, 12.0, 2.0), (0.0, 4.0, 0.0)), box((12.0, 20.0, 2.0), (4.0, 0.0, 1.999))),
    ],
    ids=["on a larger face", "shifted, by a hair too deep", "crossed bars"],
)
def test_faces_in_contact_stay(parts) -> None:
    """United, the faces between the two would be gone: more than the limits allow of the surface."""
    result = repair_mesh(concatenate(list(parts)))
    assert result.valid and [stage.name for stage in result.stages] == ["contacts"]
    assert any("taken apart" in note for note in result.notes)
    require_valid(result.mesh, 2, sum(part.volume for part in parts))
    assert result.measures.swallowed_area_mm2 == 0.0 and result.measures.loss.max_mm < 0.02


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_cavity_that_reaches_the_outer_wall_stays_a_cavity(first: int) -> None:
    """Whichever corner comes first in the file: one on the outer wall made a solid of it, and the hollow was filled."""
    result = repair_mesh(concatenate([box(), cavity((6.0, 6.0, 6.0), (2.0, 2.0, 4.0), first)]))
    assert result.valid
    require_valid(result.mesh, 2, 1000.0 - 216.0)


def test_a_thin_wall_that_passes_through_itself_is_drawn_back() -> None:
    """A plate whose upper side dents through its lower one by a thousandth of its length."""
    u, v = (w.ravel() for w in np.meshgrid(np.arange(9.0), np.arange(9.0)))
    corner = (np.arange(8)[:, None] * 9 + np.arange(8)).ravel()
    top = np.concatenate(
        [np.stack([corner, corner + 1, corner + 10], 1), np.stack([corner, corner + 10, corner + 9], 1)]
    )
    around = np.concatenate([np.arange(9), np.arange(17, 81, 9), np.arange(79, 71, -1), np.arange(63, 0, -9)])
    following = np.roll(around, -1)
    rim = np.concatenate(
        [np.stack([around, around + 81, following], 1), np.stack([following, around + 81, following + 81], 1)]
    )
    upper = np.stack([u, v, np.full(81, 0.05)], axis=1)
    upper[40, 2] = -0.004
    points = np.concatenate([upper, np.stack([u, v, 0.0 * u], axis=1)]).astype(np.float32)
    plate = Mesh(points, np.concatenate([top, top[:, ::-1] + 81, rim]))
    assert analyse_topology(plate).closed and len(self_intersections(plate)) > 0
    made = part_contacts(plate, intersecting_pairs(plate), 0.012)
    require_valid(made, 1, plate.volume, 0.02)
    assert np.abs(np.sort(made.points, axis=0) - np.sort(plate.points, axis=0)).max() < 0.012


def test_parts_that_overlap_are_not_pushed() -> None:
    both = concatenate([box(), box(at=(5.0, 5.0, 8.0))])
    assert part_contacts(both, intersecting_pairs(both), 0.02) is both
    assert [stage.name for stage in repair_mesh(both).stages] == ["union"]


def test_a_smaller_loss_asked_for_makes_fewer_contacts() -> None:
    both = concatenate([box(), box((9.0, 9.0, 9.0), (0.5, 0.5, 9.99))])
    assert analyse_topology(repair_mesh(both).mesh).components == 2
    strict = repair_mesh(both, options=RepairOptions(max_loss_mm=0.001))
    assert strict.valid and analyse_topology(strict.mesh).components == 1


@pytest.mark.parametrize("shift", [0.0, 1e-6], ids=["cap", "needle"])
def test_slivers_go_and_nothing_comes_open(shift: float) -> None:
    """A point in line with a side, and one that lies all but in a corner."""
    cube = box()
    a, b, c = FACES[0]
    other = next(row for row, corners in enumerate(FACES) if row and {a, b} <= set(corners.tolist()))
    place = (
        cube.points[[a, b]].mean(axis=0) if shift == 0.0 else cube.points[a] + shift * (cube.points[b] - cube.points[a])
    )
    points = np.concatenate([cube.points, [place]]).astype(np.float32)
    apex = next(int(corner) for corner in FACES[other] if corner not in (a, b))
    parted = [(8, b, c), (8, c, a), (8, a, apex), (b, 8, apex)]
    # The sliver lies between the two halves of one side and the whole side beside them.
    whole = [(a, b, c), (a, 8, b), *parted[2:]]
    kept = [tuple(row) for number, row in enumerate(FACES.tolist()) if number not in (0, other)]
    mesh = Mesh(points, np.array(kept + whole))
    facts = analyse_topology(mesh)
    assert facts.degenerate > 0 and facts.boundary_edges == 0
    made = remove_slivers(mesh)
    require_valid(made, 1, 1000.0)


def test_a_surface_given_twice_is_kept_once() -> None:
    """Every triangle facing both ways, as drawing programs write them: it must not cancel to nothing."""
    cube = box()
    result = repair_mesh(Mesh(cube.points, np.concatenate([FACES, FACES[:, ::-1]])))
    assert result.valid
    require_valid(result.mesh, 1, 1000.0)
