"""How much a repair may lose, and how much work it may be: `data/repair/limits.json` in typed form."""

from dataclasses import dataclass
from functools import lru_cache

from ..config.resources import load_json_resource


@dataclass(frozen=True)
class RepairLimits:
    """The limits as `data/repair/schema.json` describes them; shares are of the diagonal of the box, or of the area."""

    mean_share: float
    p95_share: float
    part_share: float
    part_area_share: float
    sheet_area_share: float
    contact_share: float
    area_per_cap: float
    flakes_share: float
    rim_share: float
    seconds: float
    triangles_per_source: float
    least_triangles: int
    grid_cells: int
    fine_grid_nodes: int
    memory_gb: float
    seconds_a_million: float
    last_stage: float
    child_triangles: int

    def seconds_for(self, triangles: int) -> float:
        """Seconds of work after which no further stage begins."""
        return self.seconds + self.seconds_a_million * triangles / 1e6

    def memory_for(self, triangles: int) -> float:
        """Gigabytes."""
        return self.memory_gb * max(1.0, triangles / 1e6)


@lru_cache(maxsize=1)
def repair_limits() -> RepairLimits:
    """The built-in limits."""
    content, _ = load_json_resource("repair", "limits")
    return RepairLimits(**content["loss"], **content["sheet"], **content["work"])
