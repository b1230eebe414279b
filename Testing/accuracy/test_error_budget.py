"""The error budget against edges whose slope and noise are known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.accuracy import Deviation, PrintTolerance, error_budget, estimate_noise, measure_edge_profile
from dicomtoprint.volume import Volume


def edge_volume(slope, noise, seed=0):
    """A bright ball of 15 mm whose grey values rise by `slope` a mm across its surface, in white noise."""
    affine = np.diag([0.7, 0.7, 0.7, 1.0])
    affine[:3, 3] = -28.0
    k, j, i = np.indices((80, 80, 80)) * 0.7 - 28.0
    distance = np.sqrt(i**2 + j**2 + k**2) - 15.0
    grey = 600 + np.clip(-slope * distance, -600, 600)
    grey += np.random.default_rng(seed).normal(0, noise, grey.shape)
    return Volume(grey.astype(np.float32), affine)


@pytest.mark.parametrize(("slope", "noise"), [(300.0, 10.0), (300.0, 40.0), (600.0, 20.0)])
def test_boundary_of_a_known_edge(ball, slope, noise):
    found = measure_edge_profile(edge_volume(slope, noise), [ball(radius=15.0, rings=48)])
    assert found.noise_hu == pytest.approx(noise, rel=0.15)
    assert found.gradient_hu_per_mm == pytest.approx(slope, rel=0.35)
    assert found.shift_mm == pytest.approx(found.noise_hu / found.gradient_hu_per_mm)
    assert found.edge_mm == pytest.approx(0.8 * 1200 / slope, rel=0.4)


def test_no_edge_no_boundary(ball):
    volume = Volume(np.zeros((40, 40, 40), np.int16), np.diag([1.0, 1, 1, 1]))
    assert measure_edge_profile(volume, [ball((500, 0, 0))]) is None
    assert measure_edge_profile(volume, [ball((20, 20, 20), 8.0)]) is None


def test_total_is_the_root_sum_of_squares(ball):
    boundary = measure_edge_profile(edge_volume(300.0, 10.0), [ball(radius=15.0, rings=48)])
    budget = error_budget(
        spacing=(0.5, 0.5, 1.0),
        boundary=boundary,
        deviation=Deviation(0.2, 0.9),
        tolerance=PrintTolerance(0.3, 0.003, 200.0, "FDM"),
        structure="bone",
    )
    bounds = [item.bound_mm for item in budget.items]
    assert bounds[0] == pytest.approx(0.25)
    assert bounds[1] == pytest.approx(1.96 * boundary.shift_mm)
    assert bounds[2:] == [0.2, pytest.approx(0.6)]
    assert budget.total_mm == pytest.approx(math.sqrt(sum(bound**2 for bound in bounds)))
    assert f"within {budget.total_mm:.1f} mm of the boundary of bone" in budget.sentence
    assert len(budget.excluded) >= 4


def test_what_is_not_known_is_said():
    budget = error_budget(deviation=Deviation(0.2))
    assert budget.total_mm == pytest.approx(0.2)
    assert "Not counted" in budget.sentence
    assert "model's surface" in budget.sentence
    unknown = error_budget(spacing=(1, 1, 1), tolerance=PrintTolerance(0.3))
    assert unknown.total_mm is None
    assert "not measured" in unknown.sentence


def test_what_was_measured_as_a_whole_counts_where_editing_alone_is_not_known():
    """A wrapped model: its deviation is no longer known point by point, but its accuracy was measured on the finished surface."""
    from dicomtoprint.accuracy import Accuracy
    from dicomtoprint.imaging import PointSpreadFunction

    accuracy = Accuracy(0.1, 0.3, 0.9, 0.2, 1.0, 900, PointSpreadFunction(0.4, 0.5, 1000.0, 0.0, 60))
    budget = error_budget(spacing=(1.0, 1.0, 1.0), accuracy=accuracy, tolerance=PrintTolerance(0.4), structure="Bone")
    assert budget.total_mm == pytest.approx(0.5)
    told = "About 95 % of the printed part's surface is expected within 0.5 mm of the boundary of Bone in the scan."
    assert budget.sentence == told
    assert "counted in the line above" in budget.items[2].basis


def test_a_printer_that_was_measured_makes_the_sentence_a_measured_one():
    from dicomtoprint.accuracy import Accuracy, measured_budget
    from dicomtoprint.imaging import PointSpreadFunction

    plate = PrintTolerance(0.08, 0.001, 100.0, "FDM", "test plate of MK4 with PLA")
    accuracy = Accuracy(0.1, 0.3, 0.9, 0.2, 1.0, 900, PointSpreadFunction(0.4, 0.5, 1000.0, 0.0, 60))
    budget = error_budget(spacing=(1.0, 1.0, 1.0), accuracy=accuracy, deviation=Deviation(0.1), tolerance=plate)
    assert budget.sentence.startswith("Measured on this scan and on this printer's test plate: about 95 %")
    assert "expected" not in budget.sentence
    assert [item.origin for item in budget.items] == ["scan", "unknown", "model", "printer"]
    assert budget.items[3].bound_mm == pytest.approx(0.1) and budget.items[3].basis.startswith("test plate of MK4")
    by_rule = error_budget(spacing=(1.0, 1.0, 1.0), deviation=Deviation(0.1), tolerance=plate)
    assert "the scan's share by a rule of thumb" in by_rule.sentence and by_rule.items[0].origin == "assumed"
    expired = error_budget(spacing=(1, 1, 1), deviation=Deviation(0.1), tolerance=replace(plate, is_current=False))
    assert "is expected within" in expired.sentence and "which is over" in expired.items[3].basis
    guideline = error_budget(deviation=Deviation(0.1), tolerance=PrintTolerance(0.3))
    assert guideline.items[3].origin == "guideline"
    # A part that was measured takes the place of its printer.
    recorded = {"items": [{"name": i.name, "bound_mm": i.bound_mm, "origin": i.origin} for i in budget.items]}
    assert [item.origin for item in measured_budget(recorded, 0.07, "scan").items] == [
        "scan",
        "unknown",
        "model",
        "part",
    ]


@pytest.mark.parametrize("slices", [3, 4, 6, 12])
def test_noise_of_a_few_slices_is_that_of_many(slices):
    grey = np.random.default_rng(1).normal(40.0, 30.0, (slices, 60, 60)).astype(np.float32)
    # The flattest fifth of blocks of few voxels lies a little below the mean.
    assert estimate_noise(Volume(grey, np.eye(4))) == pytest.approx(30.0, rel=0.12)
