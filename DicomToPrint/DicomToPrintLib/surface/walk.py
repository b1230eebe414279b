"""From labelled anatomy to closed surfaces, step by step."""

from typing import TYPE_CHECKING

import numpy as np

from ..errors import Refused
from ..measure import self_intersections, topology
from ..mesh import Mesh, Provenance
from ..progress import Progress, part, silent
from .constrained_field import constrained_field
from .contour import contour, smooth
from .model import Model, Step
from .simplification import simplify

if TYPE_CHECKING:
    from ..segmentation import Segment, Segmentation


def make_surface(segmentation: "Segmentation", *, max_deviation_mm: float = 0.1, max_triangles: int = 500_000,
                 smoothing: int = 20, progress: Progress = silent) -> Model:
    """Closed surfaces of all segments in LPS mm."""
    meshes, figures, steps = [], [], []
    present = [s for s in segmentation.segments if (segmentation.labels == s.label).any()]
    for number, segment in enumerate(present):
        inner = part(progress, number / len(present), (number + 1) / len(present))
        field = constrained_field(segmentation, segment, part(inner, 0.0, 0.1))
        assert field is not None
        mesh = contour(field)
        steps.append(Step("contour", f"{segment.name}: {len(mesh.triangles)} triangles at grey value {field.level:g}"))
        inner(0.2, "smoothing the surface")
        fair = smooth(mesh, smoothing if field.grey else 40, 0.1 if field.grey else 0.01)
        result = simplify(fair, max_deviation_mm, max_triangles // len(present), part(inner, 0.3, 0.6))
        inner(0.6, "validating the surface")
        facts = topology(result)
        crossing = self_intersections(result, part(inner, 0.6, 1.0))
        result = Mesh(result.points, result.triangles, segment.name, segment.color,
                      {"Deviation": np.zeros(len(result.points), np.float32)},
                      {"Provenance": np.full(len(result.triangles), Provenance.MEASURED, np.uint8)})
        meshes.append(result)
        figures.append({"triangles": len(result.triangles), "volume_mm3": result.volume, "valid": facts.closed and not len(crossing)})
    if not meshes:
        raise Refused("The segmentation holds no voxel of any segment: choose another threshold or anatomy.")
    return Model(tuple(meshes), tuple(figures), tuple(steps))
