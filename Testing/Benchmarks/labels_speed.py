"""Time and memory from 40 labelled structures in 512 x 512 x 400 voxels to their surfaces.

    python Testing/Benchmarks/labels_speed.py [--shape 400 512 512]

Ellipsoids that touch, as the organs of a body do, in voxels of 0.8 x 0.8 x 1.5 mm without grey values. Printed: seconds, the largest
memory of this process in GB, and the largest difference of a structure's volume from that of its voxels.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import Segment, Segmentation

COUNT = 40
SPACING = (0.8, 0.8, 1.5)  # i, j, k


def organs(shape: tuple[int, int, int]) -> np.ndarray:
    """(k, j, i) uint16: a body of 40 cells, each nearest to its own centre, in an ellipsoid that fills most of the grid."""
    rng = np.random.default_rng(7)
    centres = rng.uniform(-0.7, 0.7, size=(COUNT, 3)).astype(np.float32)
    axes = [np.linspace(-1.0, 1.0, size, dtype=np.float32) for size in shape]
    labels = np.zeros(shape, np.uint16)
    for k, z in enumerate(axes[0]):
        away = np.stack([np.full(shape[1:], z, np.float32), *np.meshgrid(axes[1], axes[2], indexing="ij")])
        best = np.full(shape[1:], np.inf, np.float32)
        for number, centre in enumerate(centres, start=1):
            distance = ((away - centre[:, None, None]) ** 2).sum(axis=0)
            wins = distance < best
            labels[k][wins], best[wins] = number, distance[wins]
        labels[k][(away**2).sum(axis=0) > 0.6] = 0
    return labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=3, default=(400, 512, 512), metavar=("K", "J", "I"))
    shape = tuple(parser.parse_args().shape)
    labels = organs(shape)
    voxel = float(np.prod(SPACING))
    counts = np.bincount(labels.ravel(), minlength=COUNT + 1)
    segments = tuple(
        Segment(f"s{n}", n, f"Structure {n}", (0.9, 0.8, 0.6), None, {}, float(counts[n] * voxel))
        for n in range(1, COUNT + 1)
        if counts[n]
    )
    given = Segmentation(None, np.diag([*SPACING, 1.0]), labels, None, segments, shares_walls=True)
    began, cpu = time.perf_counter(), time.process_time()
    model = reconstruct_surfaces(given, max_deviation_mm=0.05, max_triangles=500_000)
    spent, used = time.perf_counter() - began, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    own = {segment.name: segment.volume_mm3 for segment in segments}
    worst = max(abs(mesh.volume / own[mesh.name] - 1.0) for mesh in model.meshes)
    print(
        f"{len(segments)} structures in {shape[2]} x {shape[1]} x {shape[0]}: {spent:.0f} s ({used:.0f} s of CPU), {memory:.1f} GB"
    )
    print(f"largest difference of a volume: {100.0 * worst:.2f} %")


if __name__ == "__main__":
    main()
