"""Runs the drawing script in a process of its own and brings the pictures back."""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..io.atomic import temporary_directory
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..workers.process import ChildError, ChildProcess

SCRIPT = Path(__file__).resolve().parent.parent / "workers" / "render_worker.py"


@dataclass(frozen=True)
class CameraView:
    """A view: the camera stands in `direction` (LPS) from the centre, `up` points up in the picture.

    `centre` and `half` (mm) replace those of the job; what stands more than `cut` mm before the centre is cut away.
    """

    name: str
    direction: tuple[float, float, float]
    up: tuple[float, float, float]
    centre: tuple[float, float, float] | None = None
    half: float | None = None
    cut: float | None = None


@dataclass(frozen=True)
class ColoredMesh:
    """Points (n, 3), triangles (m, 3) and uint8 colours: (3,), (n, 3) or (m, 3)."""

    points: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray


@dataclass(frozen=True)
class RenderScene:
    """Meshes that are drawn together, from several sides."""

    meshes: tuple[ColoredMesh, ...]
    shots: tuple[CameraView, ...]


def render_offscreen(
    scenes: Sequence[RenderScene],
    size: int,
    centre: Sequence[float],
    half: float,
    *,
    timeout_s: float = 240.0,
    progress: ProgressCallback = no_progress,
) -> Mapping[str, bytes]:
    """PNG of every shot by name: `size` pixels square, parallel projection, `half` mm from the centre to the edge.

    Tries the ways to draw without a window one after the other, each in a new process. An empty result means that
    none of them works here. Raises what `progress` raises, after ending the process.
    """
    with temporary_directory() as folder:
        _write_job(folder, scenes, size, centre, half)
        count = sum(len(scene.shots) for scene in scenes)
        for environment in _environments():
            if _run(folder, environment, count, timeout_s, progress):
                return {
                    shot.name: (folder / f"{shot.name}.png").read_bytes() for scene in scenes for shot in scene.shots
                }
    return {}


def _write_job(folder: Path, scenes: Sequence[RenderScene], size: int, centre: Sequence[float], half: float) -> None:
    shots = [[asdict(shot) for shot in scene.shots] for scene in scenes]
    job = {"size": size, "centre": [float(v) for v in centre], "half": float(half), "scenes": shots}
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    for index, scene in enumerate(scenes):
        arrays: dict[str, np.ndarray] = {"count": np.array(len(scene.meshes))}
        for part, mesh in enumerate(scene.meshes):
            arrays[f"points{part}"] = mesh.points.astype(np.float32)
            arrays[f"triangles{part}"] = mesh.triangles.astype(np.int32)
            arrays[f"colors{part}"] = mesh.colors.astype(np.uint8)
        np.savez(folder / f"scene-{index}.npz", **arrays)  # type: ignore[arg-type]


def _environments() -> list[dict[str, str]]:
    """Settings of the process, best first. VTK itself falls back from X to EGL, but says so on the terminal."""
    plain = dict(os.environ)
    if not sys.platform.startswith("linux"):
        return [plain]
    chosen = [{**plain, "VTK_DEFAULT_OPENGL_WINDOW": f"vtk{kind}RenderWindow"} for kind in ("EGL", "OSOpenGL")]
    return [*chosen, plain]


def _run(
    folder: Path, environment: Mapping[str, str], count: int, timeout_s: float, progress: ProgressCallback
) -> bool:
    try:
        child = ChildProcess(SCRIPT, str(folder), environment=environment, folder=folder)
    except ChildError:
        return False
    end = time.monotonic() + timeout_s
    try:
        while child.exit_code is None:
            if time.monotonic() > end:
                return False
            progress(min(len(list(folder.glob("*.png"))) / max(count, 1), 1.0), _("drawing the model"))
            time.sleep(0.05)
    finally:
        child.end()
    return child.exit_code == 0 and len(list(folder.glob("*.png"))) == count
