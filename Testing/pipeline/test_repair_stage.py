"""The repair within a run: as much may be lost as the process could not print anyway."""

import numpy as np

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.pipeline.stages import repair
from dicomtoprint.reconstruction import SurfaceModel
from Phantoms.solids import ball


def test_a_run_repairs_within_its_process_and_says_what_it_left():
    points = ball(10.0, 18).points.copy()
    # Flung down through the ball, the tip is lost in any repair: 1.1 mm, of which FDM prints no detail, and SLA does.
    points[int(points[:, 2].argmax())] = (0.5, 0.3, -12.0)
    model = SurfaceModel((Mesh(points, ball(10.0, 18).triangles, "bone"),), ({},))
    made = repair(model, RunSettings(process="fdm"))
    assert analyse_topology(made.meshes[0]).closed and len(self_intersections(made.meshes[0])) == 0
    assert any("new surface" in note for note in made.notes) and not any("defects" in note for note in made.notes)
    left = repair(model, RunSettings(process="sla"))
    np.testing.assert_array_equal(left.meshes[0].points, points)
    assert any("bone still has defects" in note and "limit 0.2 mm" in note for note in left.notes)
