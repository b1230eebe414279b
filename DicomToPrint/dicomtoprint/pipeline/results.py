"""What a run made, from a scan or from a given mesh."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from .mesh_comparison import SourceComparison
from .mesh_loading import LoadedMesh
from .preparation import undo_transforms
from .scan_loading import LoadedScan
from .workflow import StageTiming

if TYPE_CHECKING:
    import numpy as np

    from ..io import WrittenFile
    from ..mesh.core import Mesh
    from ..printability import Readiness
    from ..reconstruction import SurfaceModel
    from ..segmentation import Segmentation


class MadeModel:
    """What runs of both kinds have. `verdict` is the readiness of the written file: ready, warn or not-ready.

    `print_transforms` are the transforms (4x4, LPS mm) that turned the meshes for the print, None for a mesh that stayed.
    """

    settings: RunSettings
    model: "SurfaceModel"
    files: "tuple[WrittenFile, ...]"
    readiness: "Readiness"
    steps: tuple[StageTiming, ...]
    folder: Path
    print_transforms: "tuple[np.ndarray | None, ...]"

    @property
    def meshes_in_scan(self) -> "tuple[Mesh, ...]":
        """The meshes where they lie in the scan or in the given file, without what turned them for the print."""
        return self.in_scan(self.model.meshes)

    def in_scan(self, meshes: "Sequence[Mesh]") -> "tuple[Mesh, ...]":
        """Meshes in the order of the model's, as in the file, moved back to where they lie in the scan or in the given file."""
        return undo_transforms(meshes, self.print_transforms)

    @property
    def verdict(self) -> str:
        """ready, warn or not-ready."""
        return str(self.readiness.verdict)


@dataclass(frozen=True)
class RunResult(MadeModel):
    """Everything a run on a scan made. `day` is that of the run, for what expires (None: today)."""

    settings: RunSettings
    scan: LoadedScan
    segmentation: "Segmentation"
    model: "SurfaceModel"
    files: "tuple[WrittenFile, ...]"
    readiness: "Readiness"
    steps: tuple[StageTiming, ...]
    folder: Path
    print_transforms: "tuple[np.ndarray | None, ...]" = ()
    day: datetime.date | None = None


@dataclass(frozen=True)
class PreparationResult(MadeModel):
    """Everything a run on a given mesh made."""

    settings: RunSettings
    mesh: LoadedMesh
    comparison: SourceComparison
    model: "SurfaceModel"
    files: "tuple[WrittenFile, ...]"
    readiness: "Readiness"
    steps: tuple[StageTiming, ...]
    folder: Path
    print_transforms: "tuple[np.ndarray | None, ...]" = ()
