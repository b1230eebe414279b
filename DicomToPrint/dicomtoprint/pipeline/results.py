"""What a run made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from .scan_loading import LoadedScan
from .workflow import StageTiming

if TYPE_CHECKING:
    import numpy as np

    from ..io import WrittenFile
    from ..mesh.core import Mesh
    from ..printability import Readiness
    from ..reconstruction import SurfaceModel
    from ..segmentation import Segmentation


@dataclass(frozen=True)
class RunResult:
    """Everything a run made. `verdict` is the readiness of the written file: ready, warn or not-ready.

    `print_transforms` are the transforms (4x4, LPS mm) that turned the meshes for the print, None for a mesh that stayed.
    """

    settings: RunSettings
    scan: LoadedScan
    segmentation: "Segmentation"
    model: "SurfaceModel"
    files: "tuple[WrittenFile, ...]"
    readiness: "Readiness"
    steps: tuple[StageTiming, ...]
    folder: Path
    print_transforms: "tuple[np.ndarray | None, ...]" = ()

    @property
    def meshes_in_scan(self) -> "tuple[Mesh, ...]":
        """The meshes where they lie in the scan, without what turned them for the print."""
        return self.in_scan(self.model.meshes)

    def in_scan(self, meshes: "Sequence[Mesh]") -> "tuple[Mesh, ...]":
        """Meshes in the order of the model's, as in the file, moved back to where they lie in the scan."""
        import numpy as np

        back = [np.linalg.inv(moved) if moved is not None else None for moved in self.print_transforms]
        back += [None] * (len(meshes) - len(back))
        return tuple(
            mesh if way is None else replace(mesh, points=mesh.points @ way[:3, :3].T + way[:3, 3])
            for mesh, way in zip(meshes, back)
        )

    @property
    def verdict(self) -> str:
        """ready, warn or not-ready."""
        return str(self.readiness.verdict)
