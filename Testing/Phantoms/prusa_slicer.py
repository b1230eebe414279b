"""PrusaSlicer by itself, without the engine: the sizes it reads from a file, and the print it makes of it."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np

SLICER = shutil.which("prusa-slicer")
LAYER_MM = 0.3  # of its own defaults


def sizes_read(path: Path) -> np.ndarray:
    """Sizes (n, 3) in mm of the objects as PrusaSlicer reads them."""
    told = subprocess.run([str(SLICER), "--info", path], capture_output=True, text=True, timeout=120).stdout
    sizes = [[float(value) for value in re.findall(rf"^size_{axis} = ([\d.]+)", told, re.M)] for axis in "xyz"]
    return np.array(sizes).T


def sliced(
    path: Path, gcode: Path, build_mm: tuple[float, float, float] = (200.0, 200.0, 200.0)
) -> tuple[float, float]:
    """Filament in mm and the height in mm of the G-code of all objects; (0, 0) where the slicer makes none."""
    x, y, z = build_mm
    options = ["--skirts", "0", "--brim-width", "0", "--output", gcode, "--max-print-height", str(z)]
    options += ["--bed-shape", f"0x0,{x}x0,{x}x{y},0x{y}"]
    subprocess.run([str(SLICER), "--export-gcode", *options, path], capture_output=True, text=True, timeout=600)
    if not gcode.exists():
        return 0.0, 0.0
    text = gcode.read_text(encoding="utf-8", errors="replace")
    used = sum(float(value) for value in re.findall(r"^; filament used \[mm\] = ([\d.]+)", text, re.M))
    return used, max((float(value) for value in re.findall(r"^;Z:([\d.]+)", text, re.M)), default=0.0)
