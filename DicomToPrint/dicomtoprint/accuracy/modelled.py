"""What is known of thin walls whose thickness was modelled: their share of the surface, and how far their faces may be off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..imaging.psf import PointSpreadFunction
from ..mesh.core import Mesh, Provenance

HALF_NORMAL = np.array(
    [0.0627, 0.1891, 0.3186, 0.4538, 0.5978, 0.7554, 0.9346, 1.1503, 1.4395, 1.9600]
)  # of a half normal


@dataclass(frozen=True)
class Modelled:
    """Walls of a surface that were fitted as walls: `share` of its measured and modelled area is modelled; `errors` (k,)
    mm, distances without sign that the faces of these are expected to have from the truth, evenly by area, and
    `of_walls` the same for all walls, whose faces show apart too; the grey value of `bone` that they go by, and whether thick
    bone of the scan `established` it; `calibrated`: grey values are HU; `known_to`: share by which the density of a wall may be off."""

    share: float
    errors: np.ndarray
    of_walls: np.ndarray
    bone: float
    established: bool
    calibrated: bool = True
    known_to: float = 0.25

    def within(self, share: float) -> float:
        """mm within which a share of the modelled faces lies."""
        return float(np.quantile(self.errors, share))


def modelled_of(meshes: Sequence[Mesh], figures: Sequence[Mapping[str, Any]]) -> Modelled | None:
    """The modelled walls of meshes with ``Provenance`` and the `figures` of their surfaces; None where there are none."""
    area = {Provenance.MEASURED: 0.0, Provenance.MODELLED: 0.0}
    for mesh in meshes:
        origin = mesh.triangle_arrays.get("Provenance")
        size = np.linalg.norm(mesh.triangle_normals(), axis=1)
        for kind in area:
            area[kind] += float(size[origin == kind].sum()) if origin is not None else 0.0
    known = [f for f in figures if f.get("wall_distance_mm")]
    if not known or sum(area.values()) == 0.0:
        return None

    def expected(name: str) -> np.ndarray:
        return np.concatenate([np.asarray(f.get(name) or f["wall_distance_mm"], dtype=float) for f in known])

    share = area[Provenance.MODELLED] / sum(area.values())
    errors, of_walls = expected("modelled_distance_mm"), expected("wall_distance_mm")
    return Modelled(
        share,
        errors,
        of_walls,
        float(known[0]["bone_grey_value"]),
        all(bool(f.get("bone_established")) for f in known),
        all(bool(f.get("bone_calibrated", True)) for f in known),
        max(float(f.get("bone_known_to", 0.25)) for f in known),
    )


def blur_from(figures: Sequence[Mapping[str, Any]]) -> PointSpreadFunction | None:
    """The blur that the walls of a scan showed, where its edges alone showed none; that which was assumed, of 0 edges, where
    they did not either."""
    for entry in figures:
        if entry.get("wall_blur_mm"):
            in_plane, across = entry["wall_blur_mm"]
            edges = int(entry["bone_places"]) if entry.get("bone_established") else 0
            return PointSpreadFunction(in_plane, across, entry["bone_grey_value"], entry["outside_grey_value"], edges)
    return None
