"""The limits of a batch: `data/batch/batch.json`."""

from dataclasses import dataclass, fields

from ..config import resources
from .case import Case


@dataclass(frozen=True)
class BatchLimits:
    """How many cases run at once, how long they may try, how often the page is written. The schema beside the data says what each is."""

    memory_base_mb: float
    memory_mesh_mb: float
    memory_bytes_per_voxel: float
    memory_share: float
    attempts: int
    watch_seconds: float
    held_seconds: float
    page_seconds: float
    page_time_share: float
    tasks_per_worker_thread: int
    league_min_cases: int

    def memory_bytes(self, case: Case) -> int:
        """Bytes that a case may take: a scan by the voxels of its largest series, a given mesh as much as any other."""
        if case.command == "prepare":
            return int(self.memory_mesh_mb * 1e6)
        return int(self.memory_base_mb * 1e6 + self.memory_bytes_per_voxel * case.voxels)


def load_limits() -> BatchLimits:
    """The built-in limits."""
    content, _text = resources.load_json_resource("batch", "batch")
    return BatchLimits(**{field.name: content[field.name] for field in fields(BatchLimits)})
