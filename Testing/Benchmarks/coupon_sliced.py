"""The test plate of every process: how it is judged, and what PrusaSlicer makes of its file.

python Testing/Benchmarks/coupon_sliced.py OUTPUT [PROCESS...]
"""

import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "DicomToPrint"), str(ROOT / "Testing")]

from dicomtoprint.config import resources
from dicomtoprint.io import read_meshes
from dicomtoprint.pipeline.coupon import make_coupon
from Phantoms.prusa_slicer import SLICER, sizes_read, sliced


def row(process: str, folder: Path) -> str:
    """One line of the table, and whether all is as it should be."""
    start = time.process_time()
    made = make_coupon(process, folder)
    spent = time.process_time() - start
    (mesh,) = read_meshes(folder / "coupon.stl")
    size = np.ptp(mesh.points, axis=0)
    words = (
        f"{process:<18} {made.readiness.verdict:<10} {' x '.join(f'{side:.1f}' for side in size):<22} {spent:6.1f} s"
    )
    if SLICER is None:
        return f"{words}  PrusaSlicer is not installed"
    read = sizes_read(folder / "coupon.stl")[0]
    used, height = sliced(folder / "coupon.stl", folder / "coupon.gcode", (250.0, 250.0, 200.0))
    fits = bool(np.abs(read - size).max() < 0.02) and used > 0.0 and abs(height - size[2]) < 0.45
    told = f"{used:.0f} mm of filament, {height:.1f} mm high: {'as told' if fits else 'WRONG'}"
    return f"{words}  read {' x '.join(f'{side:.1f}' for side in read)}, {told}"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    lines = []
    for name in sys.argv[2:] or resources.builtin_names("processes"):
        lines.append(row(name, folder / name))
        print(lines[-1], flush=True)
    sys.exit(0 if all(" ready " in line and "WRONG" not in line for line in lines) else 1)
