"""The pose of a part, found without hand work, and what its shape does not say."""

import numpy as np
import pytest

from dicomtoprint.errors import InputError
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.review import Pose, ambiguity_words, build_model_surface, register_part
from Phantoms import printed_parts
from Phantoms.printed_parts import PrintFault, ScannerFault, scan_of


def pose_errors(surface, scan, fit):
    """mm at the model's centre, and degrees."""
    middle = scan.rotation.T @ (surface.centre - scan.translation)
    shift = np.linalg.norm(fit.pose.apply(middle[None])[0] - surface.centre)
    return shift, fit.pose.angle_to(Pose(scan.rotation, scan.translation))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_part_in_any_pose_is_found_with_its_scale(bracket, bracket_surface, search, seed):
    scale = (1.006, 0.993, 1.01) if seed == 1 else (1.0, 1.0, 1.005)
    scanner = ScannerFault(noise_mm=0.05, missing=0.3, dust=4, edge_mm=0.7)
    scan = scan_of(bracket, PrintFault(scale=scale), scanner, seed)
    found = register_part(bracket_surface, scan.mesh, search)
    shift, degrees = pose_errors(bracket_surface, scan, found.fit)
    assert shift < 0.05 and degrees < 0.05
    np.testing.assert_allclose(found.fit.scale, scale, atol=5e-4)
    assert not found.is_ambiguous
    assert np.all(found.fit.scale_error < 5e-4)


def test_a_block_that_looks_the_same_in_four_poses_is_ambiguous(search):
    block = printed_parts.block()
    surface = build_model_surface(block)
    scan = scan_of(block, PrintFault(), ScannerFault(noise_mm=0.03, dust=0), 3)
    found = register_part(surface, scan.mesh, search)
    assert len(found.others) == 3
    assert "looks the same in 4 poses" in " ".join(ambiguity_words(found.fit, len(found.others)))


def test_a_ball_does_not_say_how_it_is_turned(search):
    ball = printed_parts.ball()
    surface = build_model_surface(ball)
    scan = scan_of(ball, PrintFault(scale=(1.005, 1.005, 1.005)), ScannerFault(noise_mm=0.02, dust=0), 4)
    found = register_part(surface, scan.mesh, search)
    assert len(found.fit.undefined) == 3
    assert "turned about any axis" in " ".join(ambiguity_words(found.fit, 0))
    shift, _degrees = pose_errors(surface, scan, found.fit)
    assert shift < 0.05


@pytest.mark.parametrize("factor, words", [(1 / 25.4, "--unit inch"), (30.0, "scan of this model")])
def test_a_scan_of_another_size_is_refused_with_its_unit(bracket, bracket_surface, search, factor, words):
    with pytest.raises(InputError, match=words):
        register_part(bracket_surface, Mesh(bracket.points * factor, bracket.triangles), search)


def test_another_object_is_no_scan_of_this_model(bracket_surface, search):
    block = printed_parts.block()
    with pytest.raises(InputError, match="No pose brings"):
        register_part(bracket_surface, block, search)
