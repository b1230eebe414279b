"""How far a prepared model lies from the mesh that it was made from, both ways."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..mesh.core import Mesh, Provenance
from ..messages import _
from ..progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from ..preparation import DistanceStats

DEVIATION = "Deviation"


@dataclass(frozen=True)
class SourceComparison:
    """Distances in mm, by area, where the model lies as the mesh was given.

    `lost` is from the given surface to the result: what was left of the given shape. `added` is from the result to the given surface:
    what preparation put there. `source` are the given meshes with the point array ``Deviation`` (float32, mm, their distance
    from the result). `made` are the prepared meshes with the same array: how far what was kept lies from the given surface, NaN where
    preparation or repair made it.
    """

    lost: "DistanceStats"
    added: "DistanceStats"
    source: tuple[Mesh, ...]
    made: tuple[Mesh, ...]

    def as_json(self) -> dict[str, object]:
        """The figures, for the record."""
        return {"given_to_result_mm": asdict(self.lost), "result_to_given_mm": asdict(self.added)}

    @property
    def in_words(self) -> str:
        """One line with the figures of both ways."""
        return _(
            "Given surface to result: {words}; result to given surface: {words2}.",
            words=_words(self.lost),
            words2=_words(self.added),
        )


def _words(stats: "DistanceStats") -> str:
    return _(
        "{mean:.3f} mm in the mean, {p95:.3f} at 95 %, {most:.3f} at most",
        mean=stats.mean,
        p95=stats.p95,
        most=stats.most,
    )


def compare_with_source(
    given: Sequence[Mesh],
    made: Sequence[Mesh],
    moved: Sequence[np.ndarray | None] = (),
    progress: ProgressCallback = no_progress,
) -> SourceComparison:
    """The prepared meshes against those given; `moved` (4x4, LPS mm) turned them for the print, one a mesh, and is undone first."""
    from ..mesh.triangle_distance import nearest_triangles
    from ..preparation import measure_distance
    from .preparation import undo_transforms

    placed = undo_transforms(made, moved)
    words = _("comparing with the given mesh")
    source, compared = [], []
    for index, mesh in enumerate(given):
        progress(0.3 * index / len(given), words)
        away = np.min([nearest_triangles(mesh.points, other)[1] for other in placed], axis=0)
        source.append(replace(mesh, point_arrays={DEVIATION: away.astype(np.float32)}))
    for index, (mesh, lies) in enumerate(zip(made, placed)):
        progress(0.3 + 0.3 * index / len(made), words)
        compared.append(mesh.with_arrays(point_arrays={DEVIATION: _kept_distance(lies, given)}))
    progress(0.6, words)
    lost = measure_distance(given, placed)
    progress(0.8, words)
    return SourceComparison(lost, measure_distance(placed, given), tuple(source), tuple(compared))


def _kept_distance(mesh: Mesh, given: Sequence[Mesh]) -> np.ndarray:
    """(n,) float32 mm of the points of kept triangles from the given surfaces; NaN for all other points."""
    from ..mesh.triangle_distance import nearest_triangles

    origin = mesh.triangle_arrays.get("Provenance", np.zeros(len(mesh.triangles), np.uint8))
    kept = np.unique(mesh.triangles[origin == Provenance.MEASURED])
    away = np.full(len(mesh.points), np.nan, dtype=np.float32)
    if len(kept):
        away[kept] = np.min([nearest_triangles(mesh.points[kept], other)[1] for other in given], axis=0)
    return away
