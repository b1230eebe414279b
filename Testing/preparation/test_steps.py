"""The steps of preparation as a run does them: what they tell, which parts stay, what fits together again."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import RefusedError, UsageError
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.pipeline.preparation import prepare
from dicomtoprint.reconstruction import SurfaceModel

manifold3d = pytest.importorskip("manifold3d", reason="preparation needs manifold3d")


def box(size=(40.0, 30.0, 20.0), at=(0.0, 0.0, 0.0), name: str = "Box") -> Mesh:
    raw = manifold3d.Manifold.cube(size, True).translate(at).to_mesh64()
    triangles = np.asarray(raw.tri_verts).astype(np.int64)
    arrays = {"Provenance": np.zeros(len(triangles), np.uint8)}
    return Mesh(np.asarray(raw.vert_properties)[:, :3].astype(np.float32), triangles, name, triangle_arrays=arrays)


def prepared(settings: RunSettings, *meshes: Mesh):
    given = meshes or (box(),)
    return prepare(SurfaceModel(given, tuple({} for _ in given), (), ()), settings).model


def told(model, name: str) -> str:
    return "; ".join(step.effect for step in model.steps if step.name == name)


@pytest.mark.parametrize(
    ("keep", "low", "high"), [(("S",), 5.0, 10.0), (("I",), -10.0, -5.0), (("S", "I"), -5.0, 5.0), ((), -10.0, 10.0)]
)
def test_a_side_of_the_cuts_is_kept(keep, low, high):
    model = prepared(RunSettings(cuts=(("S", -5.0), ("S", 5.0)), kept_sides=keep))
    assert len(model.meshes) == (1 if keep else 3)
    assert min(mesh.bounds[4] for mesh in model.meshes) == pytest.approx(low)
    assert max(mesh.bounds[5] for mesh in model.meshes) == pytest.approx(high)


def test_base_and_label_stand_on_the_side_that_is_kept():
    asked = RunSettings(process="sla", cuts=(("S", 0.0),), kept_sides=("S",), base=True, label="L 7")
    done = prepare(SurfaceModel((box((60.0, 50.0, 40.0)),), ({},), (), ()), asked)
    (mesh,) = done.model.meshes
    assert -4.5 < mesh.bounds[4] < -1.0 and mesh.bounds[5] == pytest.approx(20.0)
    assert [label.text for label in done.labels] == ["L 7"]
    assert done.labels[0].origin[2] > -4.5


def test_parts_are_numbered_in_one_row_however_many_steps_made_them(tmp_path):
    from dicomtoprint.pipeline.scan_loading import LoadedScan
    from dicomtoprint.pipeline.stages import export

    asked = RunSettings(process="sla", cuts=(("S", 0.0), ("R", 0.0)), split=True, printer="20x20x20", formats=("stl",))
    model = prepared(asked)
    names = [mesh.name for mesh in model.meshes]
    assert len(names) > 4 and names == [f"Box part {n + 1}" for n in range(len(names))]
    assert [mesh.name for mesh in prepared(RunSettings(cuts=(("S", 0.0),), kept_sides=("S",))).meshes] == ["Box"]
    export(model, replace(asked, anatomy="box.json"), LoadedScan(None, None, None, ""), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"box-{n + 1}.stl" for n in range(len(names))}


def test_a_cut_beside_the_model_tells_where_the_model_is():
    with pytest.raises(RefusedError, match=r"S = 60 mm .* R -30 to 10 mm, A -35 to -5 mm, S 20 to 40 mm\.$"):
        prepared(RunSettings(cuts=(("S", 60.0),)), box(at=(10.0, 20.0, 30.0)))


def test_of_several_steps_the_sentence_names_the_one_that_refused():
    with pytest.raises(RefusedError, match=r"^Hollow: 'Box' has no inside deep and large enough"):
        prepared(RunSettings(process="sla", thicken=0.5, hollow=12.0, base=True))


def test_parts_turned_for_the_print_lie_beside_one_another_and_go_back():
    given = box((70.0, 25.0, 20.0))
    done = prepare(SurfaceModel((given,), ({},), (), ()), RunSettings(cuts=(("R", 0.0), ("R", 20.0)), orient=True))
    boxes = np.array([mesh.bounds for mesh in done.model.meshes]).reshape(-1, 3, 2)
    assert np.allclose(boxes[1:, 0, 0] - boxes[:-1, 0, 1], 5.0, atol=1e-3) and np.allclose(
        boxes[:, 2, 0], boxes[0, 2, 0], atol=1e-3
    )
    back = [
        mesh.points @ np.linalg.inv(move)[:3, :3].T + np.linalg.inv(move)[:3, 3]
        for mesh, move in zip(done.model.meshes, done.moved)
    ]
    assert np.allclose(np.concatenate(back).min(axis=0), given.points.min(axis=0), atol=1e-3)
    assert np.allclose(np.concatenate(back).max(axis=0), given.points.max(axis=0), atol=1e-3)


def test_an_oblique_plane_cuts_and_its_front_is_where_the_normal_points():
    model = prepared(RunSettings(oblique_cuts=((0.0, 0.0, 0.0, 1.0, 0.0, 1.0),), kept_sides=("front",)))
    assert len(model.meshes) == 1
    assert model.meshes[0].volume == pytest.approx(12000.0, rel=1e-4)
    right_up = model.meshes[0].points @ np.array([-1.0, 0.0, 1.0])
    assert right_up.min() > -1e-3


@pytest.mark.parametrize(
    "settings",
    [
        RunSettings(cuts=(("S", 5.0),), kept_sides=("R",)),
        RunSettings(oblique_cuts=((0.0,) * 6,)),
        RunSettings(hollow=2.0, drain_hole_positions=((0.0, 0.0, -10.0),)),
    ],
)
def test_choices_that_make_no_sense_are_told(settings):
    with pytest.raises(UsageError):
        prepared(settings)


def test_nothing_on_the_kept_side_is_refused():
    with pytest.raises(RefusedError, match="keep"):
        prepared(
            RunSettings(cuts=(("S", 5.0),), oblique_cuts=((0.0, 0.0, 0.0, 0.0, 0.0, -1.0),), kept_sides=("S", "front"))
        )


def test_escape_holes_asked_for_are_never_left_out_in_silence():
    """FDM states no width of a hole: `--hollow --escape-holes` made none and said so only in a step of the report."""
    asked = RunSettings(hollow=2.0, escape_holes=2, base=True, cuts=(("R", 0.0),))
    with pytest.raises(UsageError, match="escape-holes"):
        prepared(replace(asked, process="fdm"))
    assert "2 escape holes" in told(prepared(replace(asked, process="sla")), "hollow")
    assert "of 60 asked for" in told(prepared(RunSettings(process="sla", hollow=2.0, escape_holes=60)), "hollow")


def test_escape_holes_open_where_asked():
    model = prepared(RunSettings(process="sla", hollow=2.0, drain_hole_positions=((20.0, 0.0, 0.0),)))
    mesh = model.meshes[0]
    assert "R, A, S 20.0, 0.0, 0.0" in told(model, "hollow")
    rim = mesh.points[np.abs(mesh.points[:, 0] + 20.0) < 1e-3]
    assert np.isclose(np.linalg.norm(rim[:, 1:], axis=1), 2.0, atol=0.05).sum() > 40, (
        "a round mouth of 4 mm at the right"
    )


def test_two_escape_holes_lie_apart():
    from dicomtoprint.preparation import hollow

    done = hollow(box(), 3.0, 2.5, holes=2)
    assert len(done.holes) == 2
    assert np.linalg.norm(np.subtract(*done.holes)) > 15.0
    assert done.mesh.volume < 0.75 * 24000.0
    with pytest.raises(RefusedError, match="opened"):
        hollow(box(), 3.0, 2.5, places=[(0.0, 0.0, 40.0)])


def test_pins_and_magnets_share_a_cut_and_the_parts_go_together():
    model = prepared(RunSettings(process="sla", cuts=(("R", 0.0),), pins=True, magnets=(5.0, 2.0)))
    solids = [
        manifold3d.Manifold(manifold3d.Mesh64(np.array(m.points, np.float64), np.array(m.triangles, np.uint64)))
        for m in model.meshes
    ]
    assert (solids[0] ^ solids[1]).volume() == pytest.approx(0.0, abs=0.05)
    assert "2 pins" in told(model, "pins") and "2 pairs" in told(model, "magnets")
    clearance = 0.5
    pocket = np.pi * (2.5 + clearance / 2.0) ** 2 * (2.0 + clearance / 2.0)
    whole = solids[0].volume() + solids[1].volume()
    # Sockets are larger than pins by their clearance; the rest of what is missing are four pockets.
    assert 24000.0 - whole > 4 * 0.98 * pocket


def test_split_with_pins_fits_the_printer():
    model = prepared(RunSettings(process="sla", split=True, pins=True, printer="40x40x30"), box((70.0, 25.0, 20.0)))
    assert len(model.meshes) > 1
    for mesh in model.meshes:
        size = np.sort(np.diff(np.array(mesh.bounds).reshape(3, 2), axis=1).ravel())
        assert (size <= np.array([30.0, 40.0, 40.0])).all(), "the pin counts too"


def test_loose_pieces_are_split_between_one_another():
    from dicomtoprint.mesh.core import concatenate

    two = replace(
        concatenate([box((20.0, 20.0, 20.0), (-25.0, 0.0, 0.0)), box((20.0, 20.0, 20.0), (25.0, 0.0, 0.0))]), name="Two"
    )
    model = prepared(RunSettings(split=True, pins=True, printer="50x40x40"), two)
    assert [round(mesh.volume) for mesh in model.meshes] == [8000, 8000]
    assert "sections of 0 mm2" in told(model, "split")


def test_a_wide_gap_between_loose_pieces_takes_one_cut_only():
    from dicomtoprint.mesh.core import concatenate
    from dicomtoprint.preparation import split_to_fit

    apart = concatenate([box((20.0, 20.0, 20.0), (-40.0, 0.0, 0.0)), box((20.0, 20.0, 20.0), (40.0, 0.0, 0.0))])
    done = split_to_fit(apart, (36.0, 36.0, 36.0))
    assert len(done.planes) == len(done.sections_mm2) == 1
    assert [round(part.volume) for part in done.parts] == [8000, 8000]


@pytest.mark.parametrize(("kind", "below"), [("plate", 3.0), ("foot", 3.0), ("stand", 13.0)])
def test_bases_stand_flat(kind, below):
    from dicomtoprint.mesh import analyse_topology, self_intersections

    model = prepared(RunSettings(base=True, base_kind=kind))
    mesh = model.meshes[0]
    assert mesh.bounds[4] == pytest.approx(-10.0 - below, abs=1.1)
    assert analyse_topology(mesh).closed and len(self_intersections(mesh)) == 0
    flat = mesh.triangle_normals()[(mesh.points[mesh.triangles][:, :, 2] < mesh.bounds[4] + 0.01).all(axis=1)]
    assert np.linalg.norm(flat, axis=1).sum() / 2.0 > 300.0
    assert "volume 24000 to" in told(model, "base")


def test_a_foot_that_would_tip_over_is_refused():
    leaning = manifold3d.Manifold.cube((6.0, 6.0, 20.0)) + manifold3d.Manifold.cube((60.0, 6.0, 6.0)).translate(
        (0.0, 0.0, 20.0)
    )
    raw = leaning.to_mesh64()
    with pytest.raises(RefusedError, match="tip over"):
        prepared(
            RunSettings(base=True, base_kind="foot"),
            Mesh(np.asarray(raw.vert_properties)[:, :3], np.asarray(raw.tri_verts).astype(int)),
        )


def test_label_and_scale_bar_stand_apart_and_the_bar_is_as_long_as_it_says():
    model = prepared(RunSettings(label="R 7", scale_bar=20.0), box((60.0, 40.0, 20.0)))
    assert "20 mm" in told(model, "scale bar")
    from dicomtoprint.preparation import add_label, add_scale_bar

    block = box((60.0, 40.0, 20.0))
    text = add_label(block, "R 7")
    bar = add_scale_bar(text.mesh, 20.0, avoid=[text])
    reach = (np.hypot(text.width, text.height) + np.hypot(bar.width, bar.height)) / 2.0
    assert np.linalg.norm(np.subtract(text.origin, bar.origin)) > reach
    local = (bar.mesh.points - np.array(bar.origin)) @ np.stack([bar.right, bar.up, bar.outward], axis=1)
    sunk = local[(np.abs(local[:, 2] + 0.8) < 0.01) & (np.abs(local[:, 0]) < 12.0) & (np.abs(local[:, 1]) < 6.0)]
    assert np.ptp(sunk[:, 0]) == pytest.approx(20.0, abs=1e-3)
    with pytest.raises(UsageError):
        add_scale_bar(block, 2.0)


def test_a_label_follows_a_curved_place():
    from dicomtoprint.mesh import analyse_topology, self_intersections
    from dicomtoprint.preparation import add_label
    from dicomtoprint.printability import LabelFrame
    from dicomtoprint.printability.checks.text_label import classify_label

    ball = manifold3d.Manifold.sphere(16.0, 96).to_mesh64()
    mesh = Mesh(np.asarray(ball.vert_properties)[:, :3].astype(np.float32), np.asarray(ball.tri_verts).astype(np.int64))
    done = add_label(mesh, "R 12", 5.0, 0.6)
    assert done.uneven_mm > 1.8, "too curved for a plane floor"
    assert analyse_topology(done.mesh).closed and len(self_intersections(done.mesh)) == 0
    radius = np.linalg.norm(done.mesh.points, axis=1)
    floor = radius[(radius > 15.2) & (radius < 15.6)]
    assert len(floor) > 100 and radius.min() > 15.3, "engraved 0.6 mm everywhere, nowhere deeper"
    assert np.median(floor) == pytest.approx(15.4, abs=0.03)
    place = LabelFrame(
        done.text, done.origin, done.right, done.up, done.outward, done.width, done.height, done.depth, done.uneven_mm
    )
    assert classify_label(done.mesh, place) == "legible"
    assert (
        classify_label(done.mesh, replace(place, right=tuple(-np.array(done.right)), outward=done.outward))
        == "mirrored"
    )
    assert classify_label(mesh, place) == "missing"


def test_metal_beside_bone_keeps_clear_of_the_thickened_bone():
    plate, screw = box((12.0, 12.0, 0.6), name="Bone"), box((12.0, 12.0, 3.0), (0.0, 0.0, 2.0), "Metal")
    model = prepared(RunSettings(thicken=1.5), plate, screw)
    bone, metal = model.meshes
    assert metal.volume == pytest.approx(432.0, rel=1e-4)
    assert bone.bounds[5] < 0.5 < 1.0 < bone.bounds[5] - bone.bounds[4]


def test_a_split_stays_away_from_what_is_marked():
    long = box((70.0, 25.0, 20.0))
    free = prepared(RunSettings(split=True, printer="40x40x30"), long)
    marked = prepared(RunSettings(split=True, printer="40x40x30", keep_out_regions=((0.0, 0.0, 0.0, 6.0),)), long)
    faces = [mesh.bounds[side] for mesh in marked.meshes for side in (0, 1)]
    assert min(np.abs(faces)) > 6.0, "no face of a cut within 6 mm of the middle"
    assert min(abs(mesh.bounds[side]) for mesh in free.meshes for side in (0, 1)) < 6.0
    assert sum(mesh.volume for mesh in marked.meshes) == pytest.approx(35000.0, rel=1e-5)
    assert "away from 1 marked place" in told(marked, "split")
    with pytest.raises(RefusedError, match="marked"):
        prepared(RunSettings(split=True, printer="40x40x30", keep_out_regions=((0.0, 0.0, 0.0, 34.0),)), long)
    with pytest.raises(UsageError, match="--split"):
        prepared(RunSettings(cuts=(("R", 0.0),), keep_out_regions=((0.0, 0.0, 0.0, 5.0),)), long)


def test_pins_become_thinner_where_there_is_no_room():
    slab = box((40.0, 30.0, 4.0))
    assert "pins of 2.56 mm" in told(prepared(RunSettings(process="sla", cuts=(("R", 0.0),), pins=True), slab), "pins")
    assert "no room for a pin" in told(
        prepared(RunSettings(process="sla", cuts=(("R", 0.0),), pins=True), box((40.0, 30.0, 2.0))), "no pins"
    )


def test_a_cut_whose_other_side_is_not_kept_needs_no_pins_and_no_glue():
    model = prepared(RunSettings(process="sla", cuts=(("R", 0.0),), kept_sides=("R",), pins=True, magnets=(5.0, 2.0)))
    assert not {"pins", "magnets", "no pins", "no magnets"} & {step.name for step in model.steps}


def test_a_raised_label_stands_out_and_its_letters_become_lower_where_they_must():
    from dicomtoprint.preparation import add_label

    model = prepared(RunSettings(label="R 7", label_raised=True))
    assert "raised" in told(model, "label") and model.meshes[0].volume > 24001.0
    small = box((10.0, 7.0, 5.0))
    with pytest.raises(RefusedError, match="even enough"):
        add_label(small, "R 7", 6.0, 0.5)
    assert add_label(small, "R 7", 6.0, 0.5, smallest=3.0).height < 6.0


def test_every_step_tells_how_far_the_surface_moved():
    from dicomtoprint.preparation import measure_displacement

    block = box((60.0, 40.0, 20.0))
    model = prepared(RunSettings(label="R 7", scale_bar=20.0, base=True, cuts=(("R", 5.0),), pins=True), block)
    for name in ("base", "label", "scale bar", "cut", "pins"):
        assert "the surface kept moved 0.0000 mm in the mean" in told(model, name), name
    shifted = replace(block, points=block.points + np.array([0.0, 0.0, 0.25], np.float32))
    done = measure_displacement([block], [shifted])
    assert done.new_share == 0.0
    assert done.kept.most == pytest.approx(0.25, abs=1e-3)
    assert 0.05 < done.kept.mean < 0.25, "only top, bottom and the rim above lie elsewhere"


@pytest.mark.parametrize("outside", [True, False])
def test_distances_on_a_grid_are_those_to_the_surface(outside):
    from dicomtoprint.mesh.grid import grid_around
    from dicomtoprint.mesh.narrow_band_distance import narrow_band_distance
    from dicomtoprint.mesh.triangle_distance import nearest_triangles
    from dicomtoprint.mesh.voxelize import voxelize

    # Planes through middles of voxels, a rod thinner than two, and fine beside coarse triangles.
    rod = manifold3d.Manifold.cylinder(12.0, 0.6, 0.6, 8).translate((3.0, 2.0, 0.0))
    raw = (manifold3d.Manifold.cube((12.0, 8.0, 4.0), True) + rod + manifold3d.Manifold.sphere(3.0, 64)).to_mesh64()
    mesh = Mesh(np.asarray(raw.vert_properties)[:, :3].astype(np.float32), np.asarray(raw.tri_verts).astype(np.int64))
    grid = grid_around(mesh, 0.4, 4.0)
    side = voxelize(mesh, grid.affine, grid.shape) != outside
    found = narrow_band_distance(mesh, grid, side, 1.2)
    rows = np.argwhere(side)[::7]
    exact, own = nearest_triangles(grid.points(rows), mesh)[1], found[tuple(rows.T)]
    assert np.isinf(found[~side]).all()
    assert not (np.isinf(own) & (exact < 1.5)).any(), "nothing near is missed"
    near = np.abs(exact - 1.2) < 0.4
    assert near.sum() > 100
    assert np.percentile(np.abs(own - exact)[near], 99) < 0.002 and np.abs(own - exact)[near].max() < 0.12


def test_a_wrapped_model_has_no_more_triangles_than_its_shape_needs():
    model = prepared(RunSettings(wrap=True))
    assert len(model.meshes[0].triangles) < 25_000, "the grid alone gives 75 thousand"
    assert model.meshes[0].volume == pytest.approx(24000.0, rel=0.01)
