"""The types of reconstructed surfaces."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..mesh.core import Mesh
from ..simplify.before import SimplifiedBefore


@dataclass(frozen=True)
class ProcessingStep:
    """One thing that was done to the surface, and its measured effect in words."""

    name: str
    effect: str


@dataclass(frozen=True)
class SurfaceModel:
    """Closed oriented surfaces of all segments in LPS mm.

    Each mesh has the point array ``Deviation`` (float32, mm; distance of the grey-value boundary, positive where the
    surface lies outside of it) and the triangle array ``Provenance``. `figures` holds one mapping a mesh:
    ``mean_deviation_mm``, ``p95_deviation_mm``, ``max_deviation_mm`` (absolute values, by area), ``volume_mm3``,
    ``volume_change_percent`` (against the surface before smoothing and simplification), ``triangles``,
    ``blur_mm``, ``blur_shift_mean_mm`` and ``blur_shift_max_mm`` where the scan's blur could be measured (its standard
    deviations, and how far curved parts were put outward of the grey-value boundary because of it: deviations count
    that too), ``components``, ``provenance_area_percent``, ``fragments``, ``valid`` and the counts of the validation. `steps`
    tell what was done in order, `notes` what the user must know. `befores` holds by segment what a surface that changes in a few places
    can go on from, where it was asked for.
    """

    meshes: tuple[Mesh, ...]
    figures: tuple[Mapping[str, object], ...] = ()
    steps: tuple[ProcessingStep, ...] = ()
    notes: tuple[str, ...] = field(default=())
    befores: Mapping[str, SimplifiedBefore] = field(default_factory=dict)
