"""What the reconstruction did, in sentences for the record and the user."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..mesh.core import Mesh
from ..mesh.scalar_field import ScalarField
from ..simplify.simplify import SimplifyResult
from ..text import pluralize
from .edge_shift_correction import EdgeShiftCorrection
from .small_components import SurfaceComponent
from .types import ProcessingStep

if TYPE_CHECKING:
    from ..segmentation import Segment


def contour_step(segment: "Segment", field: ScalarField, count: int, volume: float) -> ProcessingStep:
    """The contour of a segment: its number of triangles and its volume in mm3."""
    level = (
        f"at grey value {field.level if segment.brighter_than_background else -field.level:g}"
        if field.grey
        else "of the label"
    )
    return ProcessingStep("contour", f"{segment.name}: {count} triangles {level}, {volume:.1f} mm3")


def cleaning_steps(
    segment: "Segment", parts: tuple[SurfaceComponent, ...], smallest: float, largest: float
) -> list[ProcessingStep]:
    """Bodies removed below `smallest` mm3 and cavities filled up to `largest` mm3."""
    steps = []
    kinds = (("body", "bodies", "removed below", smallest), ("cavity", "cavities", "filled up to", largest))
    for kind, several, word, limit in kinds:
        of_kind = [p for p in parts if p.kind == kind]
        gone = [p for p in of_kind if not p.kept]
        if of_kind:
            steps.append(
                ProcessingStep(
                    "cleaning",
                    f"{segment.name}: {pluralize(len(of_kind), kind, several)}, {len(gone)} {word} {limit:g} mm3 "
                    f"({sum(p.volume_mm3 for p in gone):.2f} mm3 in all)",
                )
            )
    return steps


def simplification_step(segment: "Segment", raw: Mesh, result: SimplifyResult) -> ProcessingStep:
    """The simplification of the contour `raw`, with how far it moved the surface."""
    return ProcessingStep(
        "simplification",
        f"{segment.name}: {len(raw.triangles)} to {len(result.mesh.triangles)} triangles; 99 % of the surface moved "
        f"less than {result.deviation_mm[0]:.3f} mm, at most {result.deviation_mm[1]:.3f} mm; "
        f"{result.restored} points set back to keep it closed and free of intersections",
    )


def edge_shift_steps(
    segment: "Segment", correction: EdgeShiftCorrection, facts: Mapping[str, object]
) -> list[ProcessingStep]:
    """The correction of the shift by the scan's blur and of the grey value, from the figures in `facts`."""
    blur = correction.blur
    steps = [
        ProcessingStep(
            "blur",
            f"{segment.name}: the scan blurs by {blur.in_plane_mm:.2f} mm in its slices and {blur.through_plane_mm:.2f} mm across "
            f"(standard deviation, at {blur.edges} clean edges), which draws curved surfaces inwards; put back by "
            f"{facts['blur_shift_mean_mm']:.3f} mm on average, at most {facts['blur_shift_max_mm']:.3f} mm",
        )
    ]
    if facts["halfway_shift_max_mm"]:
        steps.append(
            ProcessingStep(
                "half-way",
                f"{segment.name}: laid half-way between the grey values of both sides where the scan shows both, which moved "
                f"the surface by {facts['halfway_shift_mean_mm']:.3f} mm on average, at most "
                f"{facts['halfway_shift_max_mm']:.3f} mm",
            )
        )
    return steps


def user_notes(
    segment: "Segment", field: ScalarField, result: SimplifyResult, budget: float, ceiling: int
) -> list[str]:
    """Sentences for the user: what was asked for and could not be kept. `budget` in mm, `ceiling` in triangles."""
    notes = []
    if not field.grey:
        notes.append(f"{segment.name} has no grey values: its surface follows the label, within about half a voxel.")
    if result.deviation_mm[0] > budget:
        notes.append(
            f"{segment.name}: {ceiling} triangles are too few for a deviation of {budget:g} mm; "
            f"99 % of the surface moved less than {result.deviation_mm[0]:.3f} mm. Allow more triangles to keep to it."
        )
    if len(result.mesh.triangles) > ceiling:
        notes.append(
            f"{segment.name}: {len(result.mesh.triangles)} triangles are needed to keep the surface closed; "
            f"{ceiling} were asked for."
        )
    if len(result.bad):
        where = result.mesh.points[result.mesh.triangles[result.bad[0]]].mean(axis=0)
        notes.append(
            f"{segment.name}: {len(result.bad)} triangles could not be repaired, the first at "
            f"({where[0]:.1f}, {where[1]:.1f}, {where[2]:.1f}) mm."
        )
    return notes
