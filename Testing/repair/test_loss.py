"""What a repair lost and added is measured, and more than may be lost is refused by name."""

import json

import jsonschema
import numpy as np
import pytest
from Benchmarks.repair_corpus import implicit

from dicomtoprint.config.resources import RESOURCE_DIR
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.repair import RepairOptions, repair_mesh
from dicomtoprint.repair.limits import repair_limits
from dicomtoprint.repair.loss import loss_sentences, measure_repair
from dicomtoprint.repair.winding_number import winding_numbers
from Phantoms.solids import box

LIMITS = repair_limits()


def ball(radius: float, at=(0.0, 0.0, 0.0), cells: int = 18) -> Mesh:
    made = implicit(lambda x, y, z: 0.5 - np.sqrt(x * x + y * y + z * z), cells, 0.7)
    return Mesh((made.points * (radius / 10.0) + np.array(at)).astype(np.float32), made.triangles)


def test_limits_keep_their_schema():
    folder = RESOURCE_DIR / "repair"
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((folder / "limits.json").read_text(encoding="utf-8")), schema)


def test_winding_number_is_one_inside_nothing_outside_and_adds_up():
    both = concatenate([ball(10.0), ball(10.0, (6.0, 0.0, 0.0))])
    found = winding_numbers(both, np.array([[3.0, 0.0, 0.0], [-8.0, 0.0, 0.0], [30.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found, [2.0, 1.0, 0.0], atol=1e-6)


def test_the_same_mesh_has_lost_and_gained_nothing():
    given = ball(10.0)
    found = measure_repair(given, Mesh(given.points[::-1], (len(given.points) - 1 - given.triangles)), LIMITS)
    assert found.loss.max_mm == found.added.max_mm == 0.0
    assert found.triangles_added == found.triangles_removed == found.piece_count == 0


def test_a_piece_that_is_gone_is_found_with_its_place_and_size():
    given = concatenate([ball(10.0), ball(3.0, (20.0, 0.0, 0.0))])
    found = measure_repair(given, ball(10.0), LIMITS)
    assert [piece.kind for piece in found.pieces] == ["lost"]
    np.testing.assert_allclose(found.pieces[0].place, (20.0, 0.0, 0.0), atol=0.1)
    assert found.pieces[0].area_mm2 == pytest.approx(ball(3.0).area, rel=0.02)
    assert found.pieces[0].distance_mm == pytest.approx(13.0, abs=0.3)
    assert "would be lost" in loss_sentences(found, LIMITS)[0]


def test_a_hollow_that_was_filled_is_told_from_solid_that_overlapped():
    inner = ball(5.0)
    hollow = concatenate([ball(10.0), Mesh(inner.points, inner.triangles[:, ::-1])])
    filled = measure_repair(hollow, ball(10.0), LIMITS)
    assert [piece.kind for piece in filled.pieces] == ["filled"]
    assert "hollow would be filled" in loss_sentences(filled, LIMITS)[0]
    swallowed = measure_repair(concatenate([ball(10.0), inner]), ball(10.0), LIMITS)
    assert swallowed.pieces == ()
    assert swallowed.swallowed_area_mm2 == pytest.approx(inner.area, rel=1e-3)
    assert loss_sentences(swallowed, LIMITS) == ()


def test_of_large_triangles_only_the_part_inside_the_other_solid_is_swallowed():
    # Bars that cross: every long side lies partly inside the other bar, partly outside.
    crossing = concatenate([box(60.0, 10.0, 10.0), box(16.0, 60.0, 16.0, at=(20.0, -25.0, 2.0))])
    result = repair_mesh(crossing)
    assert result.valid, result.remaining
    assert [stage.name for stage in result.stages] == ["union"]
    assert result.measures.pieces == ()
    # The first bar's four sides over 16 mm but for the lower 2 mm; the second's: its bottom, and its two sides over 8 mm.
    swallowed = 16.0 * (10.0 + 2 * 8.0) + 10.0 * 16.0 + 2 * 8.0 * 10.0
    assert result.measures.swallowed_area_mm2 == pytest.approx(swallowed, rel=0.1)


def test_what_open_shells_enclose_is_told_by_them_with_their_holes_closed():
    # A bar ends in a thick tube close to its open end, where less than half a turn of the tube is around it.
    tube, bar = box(45.0, 40.0, 40.0), box(80.0, 10.0, 10.0, at=(1.5, 15.0, 15.0))
    ends = np.abs(tube.triangle_normals()[:, 0]) > 0.0
    given = concatenate([Mesh(tube.points, tube.triangles[~ends]), bar])
    result = repair_mesh(given, options=RepairOptions(max_loss_mm=1.0))
    assert result.valid, result.remaining
    assert [piece.kind for piece in measure_repair(given, result.mesh, LIMITS, 1.0).pieces] == ["filled"]
    assert result.measures.pieces == ()


def test_what_was_added_is_no_loss():
    given = ball(10.0)
    cut = Mesh(given.points, given.triangles[given.points[given.triangles].mean(axis=1)[:, 2] < 5.0])
    result = repair_mesh(cut)
    assert result.valid, result.remaining
    assert result.measures.loss.max_mm == 0.0
    assert result.measures.added.max_mm > 2.0
    assert result.measures.triangles_added > 0


def test_a_stated_loss_is_kept_and_a_spike_beyond_it_is_named():
    base = ball(10.0)
    points = base.points.copy()
    at = int(points[:, 2].argmax())
    # Flung down through the ball: only cutting it out mends it.
    points[at] = (0.5, 0.3, -14.0)
    broken = Mesh(points, base.triangles)
    strict = repair_mesh(broken, options=RepairOptions(max_loss_mm=0.5))
    assert not strict.valid
    assert len(strict.mesh.triangles) == len(broken.triangles)


def test_a_surface_that_moved_everywhere_is_refused_though_no_piece_is_lost():
    found = measure_repair(ball(10.0), ball(9.7), LIMITS)
    assert found.pieces == ()
    assert found.loss.mean_mm == pytest.approx(0.3, abs=0.05)
    assert "would move" in loss_sentences(found, LIMITS)[0]
