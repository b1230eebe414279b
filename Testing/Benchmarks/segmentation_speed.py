"""Time and memory of the bone preset against plain threshold + connected parts + hole fill, in the same run.

    python Testing/Benchmarks/segmentation_speed.py [--shape 400 512 512]

cc3d and fill_voids (LGPL, never a dependency) are timed where they can be imported. Writes
results/segmentation_speed.md. Each way runs in a fresh
process; peak memory is the process's own, over what it needed to hold the volume once.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from memory import peak_bytes
from tables import write_table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "DicomToPrint"))
WAYS = ("ours", "SimpleITK", "cc3d + fill_voids")


def ours(array: np.ndarray, affine: np.ndarray) -> int:
    """The bone preset, as the pipeline calls it."""
    from dicomtoprint.segmentation import load_anatomy, segment
    from dicomtoprint.volume import Volume

    return int(np.count_nonzero(segment(Volume(array, affine), load_anatomy("bone")).labels))


def plain_sitk(array: np.ndarray, affine: np.ndarray) -> int:
    """Threshold 620, parts of at least 50 mm3, holes filled."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(array)
    mask = sitk.BinaryThreshold(image, 620, 32767)
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(mask), int(50 / abs(np.linalg.det(affine[:3, :3]))))
    filled = sitk.BinaryFillhole(parts > 0)
    return int(np.count_nonzero(sitk.GetArrayViewFromImage(filled)))


def plain_cc3d(array: np.ndarray, affine: np.ndarray) -> int:
    """The same with cc3d and fill_voids."""
    import cc3d
    import fill_voids

    parts = cc3d.dust(array >= 620, threshold=int(50 / abs(np.linalg.det(affine[:3, :3]))), connectivity=6)
    return int(np.count_nonzero(fill_voids.fill(parts)))


def one(way: str, folder: str) -> None:
    """Runs one way on the stored volume and prints its figures as JSON."""
    array, affine = np.load(Path(folder) / "array.npy"), np.load(Path(folder) / "affine.npy")
    before = peak_bytes()
    start, cpu = time.perf_counter(), time.process_time()
    voxels = dict(zip(WAYS, (ours, plain_sitk, plain_cc3d)))[way](array, affine)
    peak = peak_bytes()
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - start,
                "cpu": time.process_time() - cpu,
                "voxels": voxels,
                "times_volume": (peak - before + array.nbytes) / array.nbytes,
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=3, default=(400, 512, 512))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(*options.one)
        return
    from dicomtoprint.phantom import make_phantom_volume

    lines = [
        "# Speed of the segmentation",
        "",
        f"Phantom of {' x '.join(map(str, options.shape[::-1]))} voxels at 0.45/0.45/0.6 mm, int16, scale 1.65; "
        "each way in a fresh process, "
        "one after the other on the same machine. Memory: peak of the step with the volume counted once, in volumes.",
        "",
        "| way | s | CPU s | memory, volumes | voxels kept |",
        "|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        volume, _ = make_phantom_volume(tuple(options.shape), (0.45, 0.45, 0.6), scale=1.65)
        np.save(Path(folder) / "array.npy", volume.array)
        np.save(Path(folder) / "affine.npy", volume.affine)
        for way in WAYS:
            run = subprocess.run(
                [sys.executable, __file__, "--one", way, folder],
                capture_output=True,
                text=True,
                check=False,
                encoding="utf-8",
            )
            if run.returncode:
                lines.append(
                    f"| {way} | not installed | | | |"
                    if "ModuleNotFoundError" in run.stderr
                    else f"| {way} | failed | | | |"
                )
                continue
            row = json.loads(run.stdout)
            lines.append(
                f"| {way} | {row['seconds']:.1f} | {row['cpu']:.1f} | {row['times_volume']:.1f} | {row['voxels']} |"
            )
            print(lines[-1], flush=True)
    lines += [
        "",
        "Ours measures the boundary, tells the patient from the couch, keeps thin bone and marks what was added; "
        "the others get the right threshold "
        "given and do none of it. Repeat: `python Testing/Benchmarks/segmentation_speed.py`.",
    ]
    write_table("segmentation_speed", lines)


if __name__ == "__main__":
    main()
