"""How far a prepared model lies from the mesh that it was made from, both ways."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..mesh.core import Mesh
from ..progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from ..preparation import DistanceStats

DEVIATION = "Deviation"


@dataclass(frozen=True)
class SourceComparison:
    """Distances in mm, by area, where the model lies as the mesh was given.

    `lost` is from the given surface to the result: what was left of the given shape. `added` is from the result to the given surface:
    what preparation put there. `source` are the given meshes with the point array ``Deviation`` (float32, mm, their distance
    from the result).
    """

    lost: "DistanceStats"
    added: "DistanceStats"
    source: tuple[Mesh, ...]

    def as_json(self) -> dict[str, object]:
        """The figures, for the record."""
        return {"given_to_result_mm": asdict(self.lost), "result_to_given_mm": asdict(self.added)}

    @property
    def in_words(self) -> str:
        """One line with the figures of both ways."""
        return f"Given surface to result: {_words(self.lost)}; result to given surface: {_words(self.added)}."


def _words(stats: "DistanceStats") -> str:
    return f"{stats.mean:.3f} mm in the mean, {stats.p95:.3f} at 95 %, {stats.most:.3f} at most"


def compare_with_source(
    given: Sequence[Mesh],
    made: Sequence[Mesh],
    moved: Sequence[np.ndarray | None] = (),
    progress: ProgressCallback = no_progress,
) -> SourceComparison:
    """The prepared meshes against those given; `moved` (4x4, LPS mm) turned them for the print, one a mesh, and is undone first."""
    from ..imaging.surface_deviation import point_to_mesh_distance
    from ..preparation import measure_distance
    from .preparation import undo_transforms

    placed = undo_transforms(made, moved)
    source = []
    for index, mesh in enumerate(given):
        progress(0.5 * index / len(given), "comparing with the given mesh")
        away = np.min([point_to_mesh_distance(mesh.points, other) for other in placed], axis=0)
        source.append(replace(mesh, point_arrays={DEVIATION: away.astype(np.float32)}))
    progress(0.5, "comparing with the given mesh")
    lost = measure_distance(given, placed)
    progress(0.75, "comparing with the given mesh")
    return SourceComparison(lost, measure_distance(placed, given), tuple(source))
