"""A repair ends at its limits of time and memory, in the middle of a stage too, with a sentence and the mesh as it was."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.errors import CancelledError, UsageError
from dicomtoprint.mesh.core import Material, Mesh, concatenate
from dicomtoprint.repair import RepairOptions, repair_mesh, repair_within_limits
from dicomtoprint.repair.boolean_union import _apart
from dicomtoprint.repair.limits import repair_limits
from Phantoms.solids import box

IN_CHILD = replace(repair_limits(), child_triangles=0)
CROSSING = concatenate([box(60.0, 10.0, 10.0), box(16.0, 60.0, 16.0, at=(20.0, -25.0, 2.0))])


def bars(count: int) -> Mesh:
    """So many bars in each of two directions of a turned frame, each across all of the others."""
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    made = [box(10.0 * count, 1.0, 1.0, at=(-3.0, 10.0 * row, 0.0)) for row in range(count)]
    made += [box(1.0, 10.0 * count, 1.0, at=(10.0 * row, -3.0, 0.5)) for row in range(count)]
    joined = concatenate(made)
    return Mesh((joined.points @ (turn * np.sign(np.linalg.det(turn)))).astype(np.float32), joined.triangles)


def test_a_child_repairs_as_this_process_does_and_keeps_what_the_mesh_carries():
    numbers = np.repeat(np.arange(2, dtype=np.int32), 12)
    given = replace(
        CROSSING,
        triangle_arrays={"Material": numbers},
        materials=(Material("bone", (255, 240, 200, 255)), Material("plate", (90, 90, 90, 255))),
    )
    phrases = []
    made = repair_within_limits(given, lambda _, phrase="": phrases.append(phrase), limits=IN_CHILD)
    here = repair_mesh(given)
    assert made.valid
    np.testing.assert_array_equal(made.mesh.points, here.mesh.points)
    np.testing.assert_array_equal(made.mesh.triangles, here.mesh.triangles)
    np.testing.assert_array_equal(made.mesh.triangle_arrays["Material"], here.mesh.triangle_arrays["Material"])
    assert (made.stages, made.measures, made.shells) == (here.stages, here.measures, here.shells)
    assert phrases


def test_a_stage_that_takes_too_long_is_ended_with_a_sentence():
    pytest.importorskip("resource")
    given = bars(40)
    made = repair_within_limits(given, limits=replace(IN_CHILD, seconds=1.0, seconds_a_million=0.0))
    assert made.mesh is given
    assert not made.valid
    assert made.remaining == ("The repair takes more than 1 s of work and was ended.",)


def test_a_stage_that_needs_too_much_memory_is_ended_with_a_sentence():
    pytest.importorskip("resource")
    side = 500
    at = np.arange(side * side).reshape(side, side)
    corner = [at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, 1:].ravel(), at[1:, :-1].ravel()]
    triangles = np.concatenate([np.stack([corner[0], *pair], axis=1) for pair in (corner[1:3], corner[2:4])])
    wavy = np.stack([*np.meshgrid(np.arange(side), np.arange(side)), np.zeros((side, side))], axis=-1).reshape(-1, 3)
    wavy[:, 2] = np.sin(wavy[:, 0]) + np.cos(wavy[:, 1])
    given = Mesh(wavy.astype(np.float32), triangles.astype(np.int32))
    made = repair_within_limits(given, limits=replace(IN_CHILD, memory_gb=0.0))
    assert made.mesh is given
    assert made.remaining == ("The repair needs more than 0.0 GB of memory and was ended.",)


def test_what_the_child_refuses_and_a_cancel_come_through():
    with pytest.raises(UsageError, match="no shell 9"):
        repair_within_limits(CROSSING, options=RepairOptions(shells=((9, "drop"),)), limits=IN_CHILD)

    def stop(fraction: float, phrase: str = "") -> None:
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        repair_within_limits(bars(12), stop, limits=IN_CHILD)


def test_bars_that_all_cross_are_united_as_two_solids_with_the_exact_volume():
    made = repair_mesh(bars(5))
    assert made.valid, made.remaining
    assert [stage.name for stage in made.stages] == ["union"]
    # Ten bars of 50 mm; where two cross, 1 x 1 x 0.5 mm is in both.
    assert made.mesh.volume == pytest.approx(10 * 50.0 - 25 * 0.5, rel=1e-4)
    met = np.array([(row, 5 + column) for row in range(5) for column in range(5)])
    assert _apart(met, np.arange(10)).max() == 1
