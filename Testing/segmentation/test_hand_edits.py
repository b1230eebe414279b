"""What was changed by hand alone changes the model: where nothing was edited, its surface stays where it was."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.mesh.core import Provenance
from dicomtoprint.mesh.triangle_distance import nearest_triangles
from dicomtoprint.pipeline.segmenting import segment
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import Segment, Segmentation, with_edited_labels
from dicomtoprint.volume import Volume

STEP = 2.0
ERASED = (slice(32, 44), slice(18, 26), slice(18, 26))


@pytest.fixture(scope="module")
def skull():
    """A coarse scan of a round skull with thin places in soft tissue, in air, and what is found in it."""
    k, j, i = (np.indices((44, 44, 44)) - 21.5) * STEP
    away = np.sqrt(k * k + j * j + i * i)
    wall = np.where(i > 0, 2.2, 6.0)
    array = np.where(away < 40.0, 40.0, -1000.0)
    array[(away < 34.0) & (away > 34.0 - wall)] = 1100.0
    array = ndimage.gaussian_filter(array, 0.6) + np.random.default_rng(0).normal(0.0, 12.0, array.shape)
    affine = np.diag([STEP, STEP, STEP, 1.0])
    affine[:3, 3] = [-43.0, -43.0, -43.0]
    volume = Volume(np.rint(array).astype(np.int16), affine)
    return volume, segment(volume, RunSettings())


def edited(found, change):
    """The labels as the scene hands them back, without grey values, changed by `change`."""
    labels = found.labels.copy()
    segments = change(labels) or found.segments
    return with_edited_labels(found, Segmentation(None, found.affine, labels, None, segments))


def test_a_segmentation_handed_back_unchanged_makes_the_same_model(skull):
    volume, found = skull
    back = segment(volume, RunSettings(), given=edited(found, lambda labels: None))
    before, after = (reconstruct_surfaces(each).meshes[0] for each in (found, back))
    assert after.volume == pytest.approx(before.volume, rel=1e-6)
    assert np.array_equal(after.points, before.points)
    assert back.notes == found.notes, "nothing was edited, and nothing is told"


def test_what_was_erased_goes_and_all_else_stays(skull):
    volume, found = skull

    def erase(labels):
        labels[ERASED] = 0

    gone = float(np.count_nonzero(found.labels[ERASED])) * STEP**3
    back = segment(volume, RunSettings(), given=edited(found, erase))
    before, after = (reconstruct_surfaces(each).meshes[0] for each in (found, back))
    assert before.volume - after.volume == pytest.approx(gone, rel=0.1)
    place = (after.points - found.affine[:3, 3]) / STEP
    low, high = (np.array([getattr(part, end) for part in ERASED[::-1]]) for end in ("start", "stop"))
    apart = ((place < low - 3) | (place > high + 3)).any(axis=1)
    assert apart.sum() > 1000
    assert nearest_triangles(after.points[apart], before)[1].max() < 0.05
    assert back.figures["edited_mm3"] == {"added": 0.0, "removed": round(gone, 3)}
    assert f"{gone / 1000.0:.2f} ml taken away" in str(back.notes[-1])


def test_what_was_painted_is_marked_and_a_part_cut_off_keeps_the_boundary(skull):
    _unused, found = skull

    def paint_and_part(labels):
        labels[:22][labels[:22] == 1] = 2
        labels[1:5, 1:5, 1:5] = 1
        first = found.segments[0]
        return first, Segment("new", 2, "Lower half", (1, 0, 0), None, {}, 1.0)

    back = edited(found, paint_and_part)
    assert [part.boundary for part in back.segments] == [found.segments[0].boundary] * 2
    assert (back.provenance[1:5, 1:5, 1:5] == Provenance.ADDED).all()
    assert back.figures["edited_mm3"]["added"] == 64 * STEP**3


def test_what_was_painted_where_nothing_was_has_its_labels_for_a_surface(skull):
    _unused, found = skull

    def paint(labels):
        labels[1:5, 1:5, 1:5] = 2
        return *found.segments, Segment("new", 2, "Plug", (1, 0, 0), None, {}, 512.0)

    plug = edited(found, paint).segments[-1]
    assert plug.boundary is None
    surfaces = reconstruct_surfaces(replace(edited(found, paint), segments=(plug,)))
    assert surfaces.meshes[0].volume == pytest.approx(512.0, rel=0.1)


def test_labels_of_another_grid_are_refused(skull):
    _unused, found = skull
    with pytest.raises(ValueError, match="one grid"):
        with_edited_labels(found, Segmentation(None, found.affine, found.labels[1:], None, found.segments))
