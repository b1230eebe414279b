"""Bases under shapes that bones have: the model stands, is held around its centre of mass, and carries its texts on the base."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.pipeline.preparation import prepare
from dicomtoprint.preparation.csg import to_manifold
from dicomtoprint.printability.stable_pose import find_stable_pose
from dicomtoprint.reconstruction import SurfaceModel
from Phantoms.solids import mesh_of

manifold3d = pytest.importorskip("manifold3d", reason="preparation needs manifold3d")
M = manifold3d.Manifold


def vertebra():
    """A body that hangs over a long thin process, the lowest part."""
    body = M.cylinder(24.0, 17.0, 17.0, 48).translate((0.0, 0.0, 12.0))
    process = M.cylinder(60.0, 4.0, 3.0, 24).rotate((115.0, 0.0, 0.0)).translate((0.0, 10.0, 24.0))
    return mesh_of(body + process)


def long_bone():
    """A slender shaft that leans, with a head to one side."""
    shaft = M.cylinder(150.0, 6.0, 5.0, 32).rotate((0.0, 12.0, 0.0))
    return mesh_of(shaft + M.sphere(13.0, 32).translate((40.0, 0.0, 148.0)))


def tiny_bone():
    return mesh_of(M.sphere(5.0, 32).scale((1.0, 1.4, 0.8)).rotate((20.0, 30.0, 0.0)))


def skull_cap():
    """A thin shell, open below, that stands on its rim."""
    shell = M.sphere(40.0, 96) - M.sphere(38.0, 96)
    return mesh_of(shell.trim_by_plane((0.0, 0.1, 1.0), -12.0))


SHAPES = {"vertebra": vertebra, "long bone": long_bone, "tiny bone": tiny_bone, "skull cap": skull_cap}


def on_base(mesh, **settings):
    asked = RunSettings(process="sla", base=True, **settings)
    return prepare(SurfaceModel((mesh,), ({},), (), ()), asked)


@pytest.mark.parametrize("kind", ["plate", "stand"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_model_stands_on_its_base(shape, kind):
    given = SHAPES[shape]()
    done = on_base(given, base_kind=kind).model.meshes[0]
    assert find_stable_pose(done).stands
    assert analyse_topology(done).closed and len(self_intersections(done)) == 0
    assert (to_manifold(given).manifold - to_manifold(done).manifold).volume() < 1e-3, "nothing of the bone is lost"
    pieces = [piece for piece in to_manifold(done).manifold.decompose() if piece.volume() > 0]
    assert len(pieces) == 1, "base, columns and bone are one"


def test_a_tilted_model_does_not_fall():
    done = on_base(long_bone()).model.meshes[0]
    low = done.points[done.points[:, 2] < done.bounds[4] + 0.01][:, :2]
    from scipy.spatial import ConvexHull

    from dicomtoprint.printability.stable_pose import center_of_mass

    weight = center_of_mass(done)
    hull = ConvexHull(low)
    margin = -(hull.equations[:, :2] @ weight[:2] + hull.equations[:, 2]).max()
    assert np.degrees(np.arctan2(margin, weight[2] - done.bounds[4])) > 9.0


def test_columns_carry_what_hangs_over_and_a_good_neck_needs_none():
    told = {name: on_base(make()).model.steps[-1].effect for name, make in SHAPES.items()}
    assert "column" in told["vertebra"] and "column" in told["long bone"]
    assert "column" not in on_base(mesh_of(M.cube((20.0, 30.0, 20.0), True))).model.steps[-1].effect


def test_a_small_tip_sinks_in_deeper_than_a_broad_foot():
    from dicomtoprint.preparation import add_base

    cone = mesh_of(M.cylinder(40.0, 0.5, 12.0, 48))
    block = mesh_of(M.cube((20.0, 20.0, 20.0), True))
    assert add_base(block).sunk_mm == pytest.approx(1.0)
    tip = add_base(cone)
    assert 3.0 < tip.sunk_mm <= 6.0
    assert tip.mesh.bounds[4] == pytest.approx(-2.0, abs=1e-3), "the plate is as thick below the model as ever"


def test_a_column_does_not_go_through_a_thin_wall():
    sheet = mesh_of(M.cube((60.0, 60.0, 0.9), True))
    done = on_base(sheet, base_kind="stand").model.meshes[0]
    assert done.bounds[5] == pytest.approx(0.45), "nothing sticks out above"
    pieces = [piece for piece in to_manifold(done).manifold.decompose() if piece.volume() > 0]
    assert len(pieces) == 1


def test_texts_go_on_the_base_in_front_of_the_model():
    given = vertebra()
    done = on_base(given, label="Ärztin Ω 7", scale_bar=20.0)
    told = {step.name: step.effect for step in done.model.steps}
    assert "on the base" in told["label"] and "on the base" in told["scale bar"]
    label, _bar = done.labels
    assert label.outward == (0.0, 0.0, 1.0) and label.up == (0.0, 1.0, 0.0)
    assert label.origin[1] + label.height / 2.0 < given.bounds[2], "nothing of the model covers it from above"
    mesh = done.model.meshes[0]
    assert find_stable_pose(mesh).stands and analyse_topology(mesh).closed
    floor = label.origin[2] + label.depth
    assert floor - mesh.bounds[4] > 0.5, "the plate keeps its wall behind the letters"
    assert (to_manifold(given).manifold - to_manifold(mesh).manifold).volume() < 1e-3, "no letter is cut into the bone"


def test_a_foot_carries_no_text_and_a_place_that_was_named_is_kept():
    block = mesh_of(M.cube((40.0, 40.0, 20.0), True))
    foot = on_base(block, base_kind="foot", label="R 7")
    assert foot.labels[0].origin[2] > -10.0
    named = on_base(block, label="R 7", label_at=(0.0, 0.0, 10.0))
    assert named.labels[0].origin[2] == pytest.approx(10.0, abs=0.1)


def ball_at(radius, *place, name="ball"):
    return replace(mesh_of(M.sphere(radius, 32).translate(place)), name=name)


def of_several(*meshes):
    asked = RunSettings(process="sla", base=True)
    model = prepare(SurfaceModel(meshes, tuple({} for _ in meshes), (), ()), asked).model
    return model, [step.effect for step in model.steps if step.name == "base"]


def test_every_body_that_nothing_carries_gets_a_base():
    """Only the largest one had a base; the others lay there as they were, and nothing said so."""
    given = ball_at(12.0, 0, 0, 0, name="femur"), ball_at(8.0, 60, 0, 0, name="tibia"), ball_at(3.0, 0, 0, 14.0)
    model, told = of_several(*given)
    assert len(told) == 2 and told[0].startswith("femur") and told[1].startswith("tibia")
    assert all(find_stable_pose(mesh).stands for mesh in model.meshes[:2])
    assert model.meshes[2].volume == pytest.approx(given[2].volume), "it rests in the femur"


def test_a_body_without_room_for_a_base_is_named():
    above = ball_at(12.0, 0, 0, 0, name="femur"), ball_at(6.0, 0, 0, 18.5, name="patella")
    model, told = of_several(*above)
    assert "none under patella" in told[-1] and model.meshes[1].volume == pytest.approx(above[1].volume)


def test_loose_pieces_of_one_mesh_are_told():
    both = mesh_of(M.sphere(12.0, 32) + M.sphere(5.0, 32).translate((40.0, 0.0, 30.0)))
    assert "1 of its loose pieces" in of_several(both)[1][0]
    assert "loose" not in of_several(ball_at(12.0, 0, 0, 0))[1][0]


def test_a_base_that_cannot_be_joined_names_the_others(monkeypatch):
    """A staircase of voxels was refused with a sentence that named no option."""
    from dicomtoprint.errors import RefusedError
    from dicomtoprint.preparation import base

    def broken(*_given):
        raise RefusedError("faults")

    monkeypatch.setattr(base, "from_manifold", broken)
    with pytest.raises(RefusedError, match="--base-kind"):
        on_base(ball_at(12.0, 0, 0, 0))
