"""Texts on real walls: what stays behind them, where they may not stand, and the letters that can be written."""

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import RefusedError, UsageError
from dicomtoprint.images.lettering import outline_loops, rasterize_text, undrawable_characters
from dicomtoprint.pipeline.preparation import prepare
from dicomtoprint.preparation import add_label, add_scale_bar, validate_text
from dicomtoprint.printability import LabelFrame, ScanReference, assess_file
from dicomtoprint.printability.checks.text_label import classify_label, stroke_width
from dicomtoprint.reconstruction import SurfaceModel
from Phantoms.judged_solids import failed
from Phantoms.solids import mesh_of, write_stl

manifold3d = pytest.importorskip("manifold3d", reason="preparation needs manifold3d")
M = manifold3d.Manifold


def plate_and_block(thickness):
    """A large flat plate of that thickness, and a smaller block beside it, joined by a bar."""
    plate = M.cube((60.0, thickness, 40.0))
    block = M.cube((30.0, 12.0, 14.0)).translate((75.0, 0.0, 0.0))
    return mesh_of(plate + block + M.cube((30.0, 1.0, 2.0)).translate((55.0, 0.0, 1.0)))


def wall_behind(done):
    """The thinnest wall behind the text, from sections straight through the model."""
    floor = np.array(done.origin) + done.depth * np.array(done.outward)
    local = (done.mesh.points - floor) @ np.stack([done.right, done.up, done.outward], axis=1)
    behind = local[(np.abs(local[:, 0]) < done.width) & (np.abs(local[:, 1]) < done.height) & (local[:, 2] < -1e-3)]
    return -behind[:, 2].max() if len(behind) else np.inf


def test_letters_leave_the_wall_that_the_process_needs():
    free = add_label(plate_and_block(1.2), "R 7", 5.0, 0.8)
    assert free.origin[0] < 60.0, "without a wall to keep, the large plate is as good as the block"
    kept = add_label(plate_and_block(1.2), "R 7", 5.0, 0.8, wall=0.8)
    assert kept.origin[0] > 75.0 and wall_behind(kept) >= 0.8
    bar = add_scale_bar(plate_and_block(1.2), 12.0, 0.8, wall=0.8)
    assert bar.origin[0] > 75.0


def test_a_wall_too_thin_everywhere_is_told_with_a_way_out():
    thin = mesh_of(M.sphere(30.0, 96) - M.sphere(28.8, 96))
    with pytest.raises(RefusedError, match=r"0\.8 mm of wall behind it: .*--base.*--label-raised"):
        add_label(thin, "R 7", 5.0, 0.8, wall=0.8)
    assert add_label(thin, "R 7", 5.0, 0.8, raised=True, wall=0.8).depth == pytest.approx(0.8)


def test_no_text_stands_inside_or_in_a_gap():
    """The flattest places are an inner wall and a slit; the outside is uneven."""
    lumps = [
        M.sphere(3.0, 24).translate((x, y, z))
        for x in range(-28, 29, 8)
        for y in (-20.0, 20.0)
        for z in range(-18, 19, 8)
    ]
    outer = M.batch_boolean([M.cube((64.0, 40.0, 44.0), True), *lumps], manifold3d.OpType.Add)
    hollow = outer - M.cube((50.0, 26.0, 30.0), True)
    slit = M.cube((70.0, 4.0, 30.0), True).translate((0.0, 16.0, 0.0))
    done = add_label(mesh_of(hollow - slit), "R 7", 5.0, 0.8, wall=0.5)
    origin, outward = np.array(done.origin), np.array(done.outward)
    assert np.abs(origin[[0, 2]] / (32.0, 22.0)).max() > 0.95, "an outer end, above or below"
    solid = hollow - slit
    assert not solid.ray_cast(tuple(origin + 0.1 * outward), tuple(origin + 200.0 * outward))


@pytest.mark.parametrize("text", ["Müller ß", "Łódź çé", "Ελλάδα Ω", "Жуков Й", "№ 5 – 37 °C"])
def test_letters_of_europe_are_drawn_and_read_back(text):
    block = mesh_of(M.cube((110.0, 20.0, 30.0), True))
    done = add_label(block, text, 6.0, 0.8)
    frame = LabelFrame(
        done.text, done.origin, done.right, done.up, done.outward, done.width, done.height, done.depth, done.uneven_mm
    )
    assert classify_label(done.mesh, frame) == "legible"


def test_what_cannot_be_drawn_is_named_and_never_left_out():
    for text, named in (("R 骨 7", "'骨'"), ("ע ‏7", "'ע'"), ("a\tb", "U+0009"), ("🦴", "'🦴'")):
        with pytest.raises(UsageError, match=r"cannot show .*Latin, Greek and Cyrillic") as told:
            validate_text(text)
        assert named in str(told.value)
    assert undrawable_characters("e\u0301") == (), "an accent of its own is joined to its letter"
    single, joined = outline_loops("é", 5.0), outline_loops("e\u0301", 5.0)
    assert all(np.allclose(one, other) for one, other in zip(single, joined)) and len(single) == len(joined)


def test_every_letter_of_the_promised_alphabets_has_an_outline():
    promised = [*range(0x21, 0x7F), *range(0xA1, 0x180), *range(0x391, 0x3CA), *range(0x400, 0x460), 0x1E9E]
    letters = "".join(chr(code) for code in promised if chr(code).isprintable() and code not in (0x3A2, 0xAD))
    assert undrawable_characters(letters) == ()


def test_outlines_have_the_height_and_the_strokes_they_promise():
    from dicomtoprint.images.lettering import STROKE

    height = np.ptp(np.concatenate(outline_loops("H", 5.0))[:, 1])
    assert height == pytest.approx(5.0, abs=0.01)
    for letter in "HEROeo8ЖΩ":
        shape = manifold3d.CrossSection(outline_loops(letter, 1.0), manifold3d.FillRule.NonZero)
        assert len(shape.offset(-0.38 * STROKE).decompose()) == len(shape.decompose()), letter
    drawn = rasterize_text("L", (20, 10))
    assert drawn[:, :2].all() and drawn[-2:].all() and not drawn[:14, 5:].any()


@pytest.mark.parametrize("orient", [False, True])
def test_a_text_is_looked_for_on_the_part_that_bears_it(orient):
    from dicomtoprint.config.run_settings import RunSettings
    from dicomtoprint.pipeline.inspection import labels_on
    from dicomtoprint.pipeline.preparation import prepare
    from dicomtoprint.reconstruction import SurfaceModel

    asked = RunSettings(process="sla", label="R 7", label_at=(0.0, 0.0, 15.0), cuts=(("S", 0.0),), orient=orient)
    block = mesh_of(M.cube((30.0, 40.0, 30.0), True))
    done = prepare(SurfaceModel((block,), ({},), (), ()), asked)
    upper, lower = sorted(range(2), key=lambda index: done.model.meshes[index].volume)
    on = {index: labels_on(done.labels, done.model.meshes, done.moved, [index]) for index in (upper, lower)}
    assert [label.text for label in on[upper]] == ["R 7"], "engraving made it the smaller one"
    assert on[lower] == [] and len(labels_on(done.labels, done.model.meshes, done.moved, range(2))) == 1


def test_letters_lie_wholly_on_their_face_with_a_wall_beside_them():
    size = 12.0
    done = add_label(mesh_of(M.cube((size, size, size))), "R7", 6.0, 0.5, smallest=4.0, wall=0.6)
    face = int(np.argmax(np.abs(done.outward)))
    sides = np.abs(np.array(done.right)) * done.width + np.abs(np.array(done.up)) * done.height
    for axis in {0, 1, 2} - {face}:
        low, high = done.origin[axis] - sides[axis] / 2.0, done.origin[axis] + sides[axis] / 2.0
        assert low >= 0.59 and high <= size - 0.59, "letters over an edge lose their ends"


@pytest.mark.parametrize("rows", [96, 120, 133, 160])
def test_the_width_of_round_strokes_does_not_depend_on_the_cells(rows):
    """Letters of 6 mm whose strokes are 0.7 mm wide, drawn on cells of 0.04 to 0.06 mm."""
    points = np.concatenate(outline_loops("OHO", 6.0))
    width, height = np.ptp(points, axis=0)
    strokes = rasterize_text("OHO", (rows, int(rows * width / height))) > 0.5
    assert stroke_width(strokes) * height / rows == pytest.approx(0.705, abs=0.02)


def frame_of(done):
    return LabelFrame(done.text, done.origin, done.right, done.up, done.outward, done.width, done.height, done.depth)


@pytest.mark.parametrize("thickness", [6.0, 1.5])
def test_letters_are_judged_as_letters_and_the_wall_behind_them_as_a_wall(tmp_path, thickness):
    """Ridges and slits between strokes are no walls and gaps of the model, which --thicken could not mend."""
    done = add_label(mesh_of(M.cube((32.0, thickness, 14.0))), "\u00c4rz 7", 6.0, 1.0)
    write_stl(tmp_path / "label.stl", done.mesh)
    told = failed(assess_file(tmp_path / "label.stl", "fdm", reference=ScanReference(labels=(frame_of(done),))))
    if thickness < 2.0:
        assert "wall" in told, "half a millimetre behind the letters"
    else:
        assert not {"wall", "gap", "holes", "pins", "wall-unsupported"} & told
        assert {"wall", "gap"} & failed(assess_file(tmp_path / "label.stl", "fdm")), "what they would be taken for"


def test_a_scale_bar_is_known_to_the_judgement_and_is_no_text():
    settings = RunSettings(process="fdm", base=True, label="R 7", scale_bar=10.0)
    cube = mesh_of(M.cube((20.0, 20.0, 20.0)))
    done = prepare(SurfaceModel((cube,), ({},), (), ()), settings)
    assert [(label.text, label.is_text) for label in done.labels] == [("R 7", True), ("10 mm", False)]
