"""RT Structure Sets: contours filled in their planes, holes and keyholes, frames of reference, and what is no structure set."""

import numpy as np
import pytest

from dicomtoprint.errors import InputError
from dicomtoprint.segmentation import choose_segments, load_anatomy, read_labelmap, refine_labelmap
from dicomtoprint.segmentation.structure_sets import OVERLAP_NOTE, filled_polygon
from dicomtoprint.volume import Volume
from Phantoms.structure_sets import polygon, write_structure_set

HEIGHTS = 100.0 + 2.0 * np.arange(11)


@pytest.fixture
def scan():
    """Pixels of 0.8 mm, slices of 1 mm: two for each plane with contours."""
    affine = np.diag([0.8, 0.8, 1.0, 1.0])
    affine[:3, 3] = (-40.0, -40.0, 90.0)
    return Volume(np.zeros((44, 100, 100), np.int16), affine, modality="CT", frame_uid="1.2.3.4", series_uid="1.2.3.5")


def tube(outer, inner=None, x=0.3):
    rings = [polygon((x, outer), (0.17, outer), z) for z in HEIGHTS]
    return rings + ([polygon((x, inner), (0.17, inner), z) for z in HEIGHTS] if inner else [])


def volumes(found):
    return {segment.name: segment.volume_mm3 for segment in found.segments}


def test_contours_fill_their_planes_and_half_the_way_to_the_next(tmp_path, scan):
    path = write_structure_set(tmp_path / "rs.dcm", [("Femur L", "CLOSED_PLANAR", tube(20.0), "ORGAN")])
    found = read_labelmap(path, scan=scan)
    (segment,) = found.segments
    assert (segment.name, segment.color) == ("Femur L", (1.0, 0.0, 0.2)) and not found.notes
    assert segment.volume_mm3 == pytest.approx(np.pi * 20.0**2 * 22.0, rel=0.005)
    on_scan = refine_labelmap(found, scan, load_anatomy("from-segmentation"))
    assert on_scan.segments[0].volume_mm3 == pytest.approx(np.pi * 20.0**2 * 22.0, rel=0.05)
    places = on_scan.volume.to_lps(np.argwhere(on_scan.labels > 0)[:, ::-1])
    assert np.abs(places.mean(axis=0) - (0.3, 0.17, 110.0)).max() < 0.6
    assert places[:, 2].min() > 98.9 and places[:, 2].max() < 121.1


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "keyhole"])
def test_a_hole_stays_open_however_it_is_written(tmp_path, scan, kind):
    contours = tube(20.0, 12.0)
    if kind == "keyhole":
        outer, inner = contours[: len(HEIGHTS)], contours[len(HEIGHTS) :]
        contours = [np.vstack([a, a[:1], b[:1], b[::-1]]) for a, b in zip(outer, inner)]
    name = "CLOSED_PLANAR" if kind == "keyhole" else kind
    found = read_labelmap(write_structure_set(tmp_path / "rs.dcm", [("Tube", name, contours, "")]), scan=scan)
    assert volumes(found)["Tube"] == pytest.approx(np.pi * (20.0**2 - 12.0**2) * 22.0, rel=0.01)


def test_contours_that_only_overlap_are_joined_and_an_island_in_a_hole_stays(tmp_path, scan):
    rings = [*tube(10.0), *tube(10.0, x=12.3)]
    joined = read_labelmap(write_structure_set(tmp_path / "a.dcm", [("Two", "CLOSED_PLANAR", rings, "")]), scan=scan)
    lens = 2 * 100 * np.arccos(0.6) - 12.0 / 2 * np.sqrt(400 - 144)
    assert volumes(joined)["Two"] == pytest.approx((2 * np.pi * 100 - lens) * 22.0, rel=0.01)
    island = read_labelmap(
        write_structure_set(tmp_path / "b.dcm", [("Isle", "CLOSED_PLANAR", [*tube(20.0, 12.0), *tube(5.0)], "")]),
        scan=scan,
    )
    assert volumes(island)["Isle"] == pytest.approx(np.pi * (400 - 144 + 25) * 22.0, rel=0.01)


def test_the_outline_of_the_body_covers_nothing_and_small_structures_win(tmp_path, scan):
    structures = [("GTV", "CLOSED_PLANAR", tube(5.0), "GTV"), ("Lung", "CLOSED_PLANAR", tube(15.0), "ORGAN")]
    structures.append(("Seed", "CLOSED_PLANAR", [polygon((0.2, 0.1), (0.2, 0.1), 104.0)], ""))
    structures.append(("BODY", "CLOSED_PLANAR", tube(30.0), "EXTERNAL"))
    path = write_structure_set(tmp_path / "rs.dcm", structures)
    found = read_labelmap(path, scan=scan)
    assert set(volumes(found)) == {"GTV", "Lung"} and OVERLAP_NOTE in found.notes
    assert "Smaller than the scan's pixels, or covered by others, and so lost: Seed." in found.notes
    assert "The outline of the body (BODY) was left out: ask for it with --labels." in found.notes
    lung = choose_segments(read_labelmap(path, scan=scan, wanted=("lung",)), ("lung",))
    assert volumes(lung)["Lung"] == pytest.approx(np.pi * 225.0 * 22.0, rel=0.01), "nobody wants what would cover it"
    assert set(volumes(read_labelmap(path, scan=scan, wanted=("BODY",)))) == {"BODY"}


def test_planes_across_the_slices_keep_their_own_geometry(tmp_path, scan):
    turn = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # sagittal
    oblique = np.array([[0.8, 0.0, 0.6], [0.0, 1.0, 0.0], [-0.6, 0.0, 0.8]])
    for matrix in (turn, oblique):
        rings = [(points - (0, 0, 110.0)) @ matrix.T + (0, 0, 110.0) for points in tube(9.0)]
        path = write_structure_set(tmp_path / "rs.dcm", [("Rod", "CLOSED_PLANAR", rings, "")])
        assert volumes(read_labelmap(path, scan=scan))["Rod"] == pytest.approx(np.pi * 81.0 * 22.0, rel=0.02)
    assert volumes(read_labelmap(path))["Rod"] == pytest.approx(np.pi * 81.0 * 22.0, rel=0.02)


def test_gaps_points_and_frames_are_told(tmp_path, scan):
    contours = [ring for ring, z in zip(tube(10.0), HEIGHTS) if not 108.0 <= z <= 112.0]
    structures = [("Gap", "CLOSED_PLANAR", contours, ""), ("Marker", "POINT", [np.zeros((1, 3))], "")]
    path = write_structure_set(tmp_path / "rs.dcm", structures, series="1.2.3.99")
    notes = read_labelmap(path, scan=scan).notes
    assert "Gap has no contour over 8.0 mm between two planes: it is open there." in notes
    assert "Points and open lines are no area and were left out: Marker." in notes
    assert any("another series of the same frame of reference" in note for note in notes)
    nobody = Volume(scan.array, scan.affine)
    assert any("in which frame of reference" in note for note in read_labelmap(path, scan=nobody).notes)
    with pytest.raises(InputError, match="another frame of reference"):
        read_labelmap(write_structure_set(tmp_path / "rs.dcm", structures, frame="9.9"), scan=scan)


@pytest.mark.parametrize(
    ("contours", "words"),
    [
        ([], "no closed contour"),
        ([np.array([[0, 0, 0], [10, 0, 0], [20, 0, 0]])], "no contour with an area"),
        ([polygon((0, 9), (0, 9), 100.0), polygon((0, 9), (0, 9), 100.0)[:, [2, 1, 0]]], "not lie in parallel planes"),
        ([polygon((0, 9), (0, 9), 100.0) + np.sin(np.arange(200))[:, None] * (0, 0, 3)], "are not flat"),
        ([polygon((0, 9), (0, 9), 1e9)], "damaged"),
        ([np.zeros((5, 3)) * np.nan], "damaged"),
    ],
)
def test_what_cannot_be_filled_is_one_sentence(tmp_path, scan, contours, words):
    path = write_structure_set(tmp_path / "rs.dcm", [("Odd", "CLOSED_PLANAR", contours, "")])
    with pytest.raises(InputError, match=words) as told:
        read_labelmap(path, scan=scan)
    assert str(told.value).endswith(".")


def test_a_polygon_fills_the_middles_of_pixels_inside_it():
    square = np.array([[0.5, 0.5], [3.5, 0.5], [3.5, 2.5], [0.5, 2.5]])
    assert np.array_equal(np.argwhere(filled_polygon(square, (5, 6))), [[r, c] for r in (1, 2) for c in (1, 2, 3)])
    assert filled_polygon(square - (9.0, 0.0), (5, 6)).sum() == 0
