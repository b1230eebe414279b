"""What the reconstruction did, in sentences for the record and the user."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..mesh.core import Mesh
from ..mesh.scalar_field import ScalarField
from ..messages import _
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
        _("at grey value {level:g}", level=field.level if segment.brighter_than_background else -field.level)
        if field.grey
        else _("of the label")
    )
    return ProcessingStep(
        "contour",
        _(
            "{segment}: {count} triangles {level}, {volume:.1f} mm3",
            segment=segment.name,
            count=count,
            level=level,
            volume=volume,
        ),
    )


def cleaning_steps(
    segment: "Segment", parts: tuple[SurfaceComponent, ...], smallest: float, largest: float
) -> list[ProcessingStep]:
    """Bodies removed below `smallest` mm3 and cavities filled up to `largest` mm3."""
    steps = []
    for kind, word, limit in (("body", _("removed below"), smallest), ("cavity", _("filled up to"), largest)):
        of_kind = [p for p in parts if p.kind == kind]
        gone = [p for p in of_kind if not p.kept]
        if of_kind:
            steps.append(
                ProcessingStep(
                    "cleaning",
                    _(
                        "{segment}: {pluralize}, {gone_count} {word} {limit:g} mm3 ({gone:.2f} mm3 in all)",
                        segment=segment.name,
                        pluralize=(
                            pluralize(len(of_kind), "body", "bodies")
                            if kind == "body"
                            else pluralize(len(of_kind), "cavity", "cavities")
                        ),
                        gone_count=len(gone),
                        word=word,
                        limit=limit,
                        gone=sum(p.volume_mm3 for p in gone),
                    ),
                )
            )
    return steps


def simplification_step(segment: "Segment", raw: Mesh, result: SimplifyResult) -> ProcessingStep:
    """The simplification of the contour `raw`, with how far it moved the surface."""
    return ProcessingStep(
        "simplification",
        _(
            "{segment}: {triangles_count} to {triangles_count2} triangles; 99 % of the surface moved "
            "less than {deviation_mm:.3f} mm, at most {deviation_mm2:.3f} mm; {restored} points set back "
            "to keep it closed and free of intersections",
            segment=segment.name,
            triangles_count=len(raw.triangles),
            triangles_count2=len(result.mesh.triangles),
            deviation_mm=result.deviation_mm[0],
            deviation_mm2=result.deviation_mm[1],
            restored=result.restored,
        ),
    )


def edge_shift_steps(
    segment: "Segment", correction: EdgeShiftCorrection, facts: Mapping[str, object]
) -> list[ProcessingStep]:
    """The correction of the shift by the scan's blur and of the grey value, from the figures in `facts`."""
    blur = correction.blur
    steps = [
        ProcessingStep(
            "blur",
            _(
                "{segment}: the scan blurs by {in_plane_mm:.2f} mm in its slices and {through_plane_mm:.2f} "
                "mm across (standard deviation, at {edges} clean edges), which draws curved surfaces "
                "inwards; put back by {blur_shift_mean_mm:.3f} mm on average, at most "
                "{blur_shift_max_mm:.3f} mm",
                segment=segment.name,
                in_plane_mm=blur.in_plane_mm,
                through_plane_mm=blur.through_plane_mm,
                edges=blur.edges,
                blur_shift_mean_mm=facts["blur_shift_mean_mm"],
                blur_shift_max_mm=facts["blur_shift_max_mm"],
            ),
        )
    ]
    if facts["halfway_shift_max_mm"]:
        steps.append(
            ProcessingStep(
                "half-way",
                _(
                    "{segment}: laid half-way between the grey values of both sides where the scan shows both, "
                    "which moved the surface by {halfway_shift_mean_mm:.3f} mm on average, at most "
                    "{halfway_shift_max_mm:.3f} mm",
                    segment=segment.name,
                    halfway_shift_mean_mm=facts["halfway_shift_mean_mm"],
                    halfway_shift_max_mm=facts["halfway_shift_max_mm"],
                ),
            )
        )
    return steps


def user_notes(
    segment: "Segment", field: ScalarField, result: SimplifyResult, budget: float, ceiling: int
) -> list[str]:
    """Sentences for the user: what was asked for and could not be kept. `budget` in mm, `ceiling` in triangles."""
    notes = []
    if not field.grey:
        notes.append(
            _(
                "{segment} has no grey values: its surface follows the label, within about half a voxel.",
                segment=segment.name,
            )
        )
    if result.deviation_mm[0] > budget:
        notes.append(
            _(
                "{segment}: {ceiling} triangles are too few for a deviation of {budget:g} mm; 99 % of the "
                "surface moved less than {deviation_mm:.3f} mm. Allow more triangles to keep to it.",
                segment=segment.name,
                ceiling=ceiling,
                budget=budget,
                deviation_mm=result.deviation_mm[0],
            )
        )
    if len(result.mesh.triangles) > ceiling:
        notes.append(
            _(
                "{segment}: {triangles_count} triangles are needed to keep the surface closed; {ceiling} "
                "were asked for.",
                segment=segment.name,
                triangles_count=len(result.mesh.triangles),
                ceiling=ceiling,
            )
        )
    if len(result.bad):
        where = result.mesh.points[result.mesh.triangles[result.bad[0]]].mean(axis=0)
        notes.append(
            _(
                "{segment}: {bad_count} triangles could not be repaired, the first at ({where:.1f}, "
                "{where2:.1f}, {where3:.1f}) mm.",
                segment=segment.name,
                bad_count=len(result.bad),
                where=where[0],
                where2=where[1],
                where3=where[2],
            )
        )
    return notes
