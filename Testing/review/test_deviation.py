"""The map of deviation against what was done to the print, and the verdict on both sides of a limit."""

import json

import numpy as np
import pytest

from dicomtoprint.config import resources
from dicomtoprint.mesh.core import Mesh, concatenate, keep_triangles
from dicomtoprint.mesh.vtk_smp import enable_vtk_smp, sequential_vtk_smp
from dicomtoprint.review import (
    Fit,
    PartLimits,
    Pose,
    build_model_surface,
    find_bend,
    fit_pose,
    judge_part,
    measure_deviation,
    measure_walls,
    sample_scan,
)
from dicomtoprint.review.deviation import signed_offsets
from dicomtoprint.review.trend import fit_trend
from Phantoms.printed_parts import PrintFault, ScannerFault, scan_of, solid, true_map

SIDES = [(np.cos(angle), np.sin(angle)) for angle in np.radians([0.0, 45.0, 90.0, 135.0])]
WALL = (-8.0, 9.0, 6.0)  # in the bracket's wall of 2 mm, away from its rods


def limits(tolerance=0.3, use=0.5):
    content = json.loads((resources.RESOURCE_DIR / "review" / "limits.json").read_text(encoding="utf-8"))
    return PartLimits(tolerance, use, "a process", "general", **content["judgement"])


def placed(scan) -> Fit:
    """The true pose, near which every fit begins here."""
    return Pose(scan.rotation, scan.translation)


def reviewed(surface, scan, held=None):
    held = held or limits()
    fit = fit_pose(surface, sample_scan(scan.mesh, 12_000), placed(scan), reach_mm=1.0)
    deviation = measure_deviation(surface, scan.mesh, fit.pose, gross_mm=held.gross_mm, budget=20_000)
    walls = measure_walls(surface, deviation, held.wall_mm)
    bend = find_bend(surface, deviation, fit.scale)
    return deviation, walls, bend, judge_part(surface, fit, deviation, walls, bend, held)


def outcome(verdict, rule):
    return [finding.outcome for finding in verdict.findings if finding.rule == rule]


def test_distances_hold_where_vtk_uses_several_threads(bracket_surface):
    """As after a contour in the same process: VTK's function for the distance must not be called by several."""
    points = np.random.default_rng(0).uniform(-30.0, 30.0, (40_000, 3))
    with sequential_vtk_smp():
        expected, _normals = signed_offsets(bracket_surface, points)
    enable_vtk_smp()
    found, _normals = signed_offsets(bracket_surface, points)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    "fault",
    [PrintFault(scale=(1.01, 0.994, 1.006)), PrintFault(thinned_mm=0.2, wall_centre=WALL, wall_radius=5.0)],
    ids=["scaled", "thinned"],
)
def test_the_map_is_true(bracket, bracket_surface, fault):
    scan = scan_of(bracket, fault, ScannerFault(noise_mm=0.03, missing=0.15, edge_mm=0.6), 5)
    deviation, walls, _bend, _verdict = reviewed(bracket_surface, scan)
    error = np.abs(deviation.values - true_map(scan, deviation.samples.points))[deviation.seen]
    assert error.mean() < 0.03
    assert np.percentile(error, 90) < 0.03
    assert 0.75 < deviation.seen_share < 0.93
    if fault.thinned_mm:
        near = np.linalg.norm(deviation.samples.points[walls.rows] - WALL, axis=1) < 3.0
        assert near.sum() > 50
        assert np.median(walls.change_mm[near]) == pytest.approx(-0.2, abs=0.03)


@pytest.mark.parametrize("factor, expected", [(0.8, "pass"), (1.2, "fail")])
@pytest.mark.parametrize("rule, use", [("surface-process", None), ("surface-use", 0.15)])
def test_the_verdict_is_right_on_both_sides_of_the_limit(bracket, bracket_surface, factor, expected, rule, use):
    held = limits(0.25, use)
    limit = use or 0.25
    scan = scan_of(bracket, PrintFault(offset_mm=factor * limit), ScannerFault(noise_mm=0.06), 7)
    _deviation, _walls, _bend, verdict = reviewed(bracket_surface, scan, held)
    assert outcome(verdict, rule) == [expected]


@pytest.mark.parametrize("thinned, expected", [(0.16, "pass"), (0.24, "fail")])
def test_a_wall_is_judged_by_its_thickness(bracket, bracket_surface, thinned, expected):
    fault = PrintFault(thinned_mm=thinned, wall_centre=WALL, wall_radius=6.0)
    scan = scan_of(bracket, fault, ScannerFault(noise_mm=0.03, edge_mm=0.7), 8)
    _deviation, _walls, _bend, verdict = reviewed(bracket_surface, scan, limits(0.2, None))
    assert outcome(verdict, "walls") == [expected]
    assert outcome(verdict, "surface-process") == ["pass"]


def test_a_bend_and_a_scale_are_told_as_such(bracket, bracket_surface):
    bent = scan_of(bracket, PrintFault(bend_mm=0.3), ScannerFault(noise_mm=0.03), 9)
    _deviation, _walls, bend, verdict = reviewed(bracket_surface, bent)
    sides = bracket_surface.sides
    assert (bend.along, bend.across) == (np.argmax(sides), np.argmin(sides))
    assert bend.sagitta_mm == pytest.approx(0.3, abs=0.03)
    assert any(finding.rule == "bend" and "Bent by 0." in finding.message for finding in verdict.findings)
    large = scan_of(bracket, PrintFault(scale=(1.0, 1.0, 1.005)), ScannerFault(noise_mm=0.03, edge_mm=0.7), 10)
    *_rest, verdict = reviewed(bracket_surface, large)
    told = [finding for finding in verdict.findings if finding.rule == "scale"]
    assert any("too large in S" in finding.message for finding in told)
    assert [finding.measured for finding in told if " in S" in finding.message] == [pytest.approx(0.5, abs=0.05)]


def test_missing_and_extra_material_are_found_and_loose_pieces_are_not_judged(bracket, bracket_surface):
    """A rod broken off half-way, with its face closed; a support left on another; a scrap that hangs in the air."""
    scan = scan_of(bracket, PrintFault(), ScannerFault(noise_mm=0.02, dust=0, spikes=0.0), 11)
    points = placed(scan).apply(scan.mesh.points)
    above = np.maximum(points[:, 2] - 14.0, 0.0) * (points[:, 0] > 5.0)
    points[:, 2] -= above
    foot = solid(lambda x, y, z: np.sqrt((x + 10) ** 2 + y**2 + (z + 12) ** 2) - 4, 50.0, 1.0)
    scrap = solid(lambda x, y, z: np.sqrt(x**2 + (y + 30) ** 2 + z**2) - 2, 80.0, 1.0)
    # The scanner sees what stands out of the part.
    below = foot.points[foot.triangles][:, :, 2].max(axis=1) < -9.5
    part = concatenate([Mesh(points, scan.mesh.triangles), keep_triangles(foot, below), scrap])
    held = limits()
    fit = fit_pose(bracket_surface, sample_scan(part, 8_000), Pose(np.eye(3), np.zeros(3)), reach_mm=1.0)
    deviation = measure_deviation(bracket_surface, part, fit.pose, gross_mm=held.gross_mm, budget=20_000)
    verdict = judge_part(
        bracket_surface, fit, deviation, measure_walls(bracket_surface, deviation, held.wall_mm), None, held
    )
    where = {finding.rule: finding.where for finding in verdict.findings if finding.rule in ("missing", "extra")}
    assert where["missing"] == pytest.approx((13, 2.6, 14), abs=3)
    assert where["extra"] == pytest.approx((-10, 0, -14), abs=3)
    assert deviation.loose_pieces == 1
    assert verdict.verdict == "fail"


def test_dust_that_crosses_the_surface_is_no_extra_material(bracket, bracket_surface):
    """Single triangles with a corner on the part, as many as make up a patch."""
    scan = scan_of(bracket, PrintFault(), ScannerFault(noise_mm=0.02, dust=0, spikes=0.0), 14)
    points = placed(scan).apply(scan.mesh.points)
    foot = np.array([-22.0, 0.0, -12.0])
    corners = foot + np.array([[0.0, 0.0, 0.0], [2.5, 0.0, -4.0], [0.0, 2.5, -4.0]])
    shreds = [Mesh(corners + np.array([0.4 * number, 0.0, 0.0]), np.array([[0, 1, 2]])) for number in range(6)]
    part = concatenate([Mesh(points, scan.mesh.triangles), *shreds])
    deviation = measure_deviation(bracket_surface, part, Pose(np.eye(3), np.zeros(3)), gross_mm=1.2, budget=20_000)
    assert deviation.loose_pieces == 6
    assert np.nanmax(deviation.offsets) < 1.2


def test_what_the_scan_hardly_shows_is_not_judged(bracket, bracket_surface):
    scan = scan_of(bracket, PrintFault(), ScannerFault(noise_mm=0.02, missing=0.6), 12)
    deviation, _walls, _bend, verdict = reviewed(bracket_surface, scan)
    assert deviation.seen_share < 0.5
    assert verdict.verdict == "ambiguous"
    assert outcome(verdict, "seen") == ["ask"]


def test_noise_is_taken_out_and_edges_stay(bracket, bracket_surface):
    """A poor scanner's noise of a tenth: over the map it is a tenth of that, and the rim of the wall is where it was printed."""
    scan = scan_of(bracket, PrintFault(scale=(1.008, 0.995, 1.01)), ScannerFault(noise_mm=0.1, edge_mm=0.6), 13)
    deviation = measure_deviation(bracket_surface, scan.mesh, placed(scan), gross_mm=1.2, budget=20_000)
    samples, seen = deviation.samples, deviation.seen
    error = np.abs(deviation.values - true_map(scan, samples.points))
    assert deviation.noise_mm == pytest.approx(0.1, abs=0.015)
    assert deviation.error_mm < 0.02
    assert np.average(error[seen], weights=samples.area[seen]) < 0.02
    rim = seen & (np.abs(samples.points - (-14.0, 9.0, 3.0)) < (0.6, 2.0, 8.0)).all(axis=1)
    assert rim.sum() > 50
    assert np.median(error[rim]) < 0.05


def test_a_trend_is_found_under_faults_of_a_place(bracket_surface):
    random = np.random.default_rng(2)
    points, normals = bracket_surface.samples, bracket_surface.normals[bracket_surface.owner]
    half, arm = bracket_surface.sides / 2.0, points - bracket_surface.centre
    moved = arm * (0.006, -0.003, 0.004) + np.outer((arm[:, 0] / half[0]) ** 2, (0.0, 0.0, 0.3))
    true = np.einsum("ij,ij->i", moved, normals) + 0.05
    offsets = true + random.normal(0.0, 0.05, len(true))
    offsets[np.linalg.norm(arm - arm[0], axis=1) < 6.0] -= 0.8
    trend = fit_trend(points, normals, offsets, bracket_surface.centre, half)
    assert np.abs(trend.at(points, normals) - true).max() < 0.02
    assert trend.growth_mm == pytest.approx(0.05, abs=0.01)
    assert np.abs(trend.undone(points + moved) - points).max() < 0.02


def test_edges_of_a_part_that_is_much_too_large_are_those_of_its_faces():
    """A bar of eight flat sides whose ends stand out by a millimetre: points beside an edge belong to the face they were printed on."""
    bar = solid(
        lambda x, y, z: np.maximum.reduce([np.abs(x * c + y * s) - 8 + 0.15 * z for c, s in SIDES] + [np.abs(z) - 26]),
        60.0,
        1.0,
    )
    surface = build_model_surface(bar)
    scan = scan_of(bar, PrintFault(scale=(1.0, 1.0, 1.03)), ScannerFault(noise_mm=0.02, edge_mm=0.8), 15)
    deviation = measure_deviation(surface, scan.mesh, placed(scan), gross_mm=1.2, budget=20_000)
    seen = deviation.seen
    error = np.abs(deviation.values - true_map(scan, deviation.samples.points))[seen]
    assert np.average(error, weights=deviation.samples.area[seen]) < 0.01
