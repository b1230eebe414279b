"""Vessels grown from a seed in trees that were not looked at when the method was made, and in a CT of full size.

    python Testing/Benchmarks/vessel_trees.py [--trees N]

Trees of known truth with random calibres, contrast, noise, voxels and bone: CT angiograms of a tapering aorta with a visceral tree and a
stenosis, down to a voxel wide, beside vertebrae that touch it or nearly do, and MR angiograms of cerebral arteries. Told of each: the
share of the true vessel that hangs together with the seed at the boundary and lies in the model, of the whole and of the least quarter of
its length, the share of the bone that does too, and whether cut ends were told. Then seconds and largest memory on a scan of
512 x 512 x 400 voxels, in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "DicomToPrint"), str(ROOT / "Testing")]

from memory import peak_bytes
from tables import write_table

from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.volume import Volume
from Phantoms.vessel_scenes import VesselScene, aorta_beside_spine

VESSELS = load_anatomy("contrast-vessels")
FIRST_SEED = 12000  # of trees that no test and no constant has seen
THRESHOLD_MR = (250.0, None)


@dataclass(frozen=True)
class Tree:
    """A scan, its true vessels and bones, the seed in LPS mm, and what it is in words."""

    volume: Volume
    vessel: np.ndarray
    bone: np.ndarray
    seed: tuple[float, float, float]
    words: str


def ct_tree(number: int) -> Tree:
    random = np.random.default_rng(FIRST_SEED + number)
    step = float(random.uniform(0.6, 1.2))
    steps = (float(random.uniform(step, 1.6)), step, step)
    wide, narrow = float(random.uniform(5.0, 11.0)), float(random.choice([0.0, step, 1.5, 3.0]))
    scene = VesselScene((84.0, 84.0, 84.0), steps)
    scene.tube((0, 32, 38), (50, 33, 39), wide, 0.85 * wide)
    if narrow:
        scene.tube((50, 33, 39), (57, 33, 39), 0.85 * wide, narrow / 2)
        scene.tube((57, 33, 39), (61, 33, 39), narrow / 2, narrow / 2)
        scene.tube((61, 33, 39), (68, 33, 39), narrow / 2, 0.7 * wide)
    scene.tube((68 if narrow else 50, 33, 39), (84, 33, 39), 0.7 * wide, 0.6 * wide)
    scene.tree((34, 28, 38), random.normal((0.1, -1.0, 0.2), 0.3), float(random.uniform(2.0, 4.0)), 14.0, 6, random)
    gap = float(random.choice([-1.0, 0.0, 1.0, 2.0]))
    for k in (14.0, 42.0, 70.0):
        scene.vertebra((k, 32 + wide + 13 + gap, 42), (11.0, 13.0, 17.0))
    blood, noise = float(random.uniform(220.0, 500.0)), float(random.uniform(8.0, 30.0))
    cortex = float(random.uniform(700.0, 1300.0))
    volume = scene.scan(
        blood, noise, cortex=cortex, cortex_mm=float(random.uniform(0.8, 1.6)), marrow=float(random.uniform(100, 280))
    )
    vessel, bone = scene.truth()
    words = (
        f"CT, voxels {steps[2]:.2f} x {steps[0]:.2f} mm, aorta {2 * wide:.0f} mm, narrowing "
        f"{f'{narrow:.1f} mm' if narrow else 'none'}, blood {blood:.0f}, noise {noise:.0f}, bone {gap:+.0f} mm away"
    )
    return Tree(volume, vessel, bone, (38.0, 32.0, 4.0), words)


def mr_tree(number: int) -> Tree:
    random = np.random.default_rng(FIRST_SEED + 500 + number)
    step = float(random.uniform(0.45, 0.8))
    steps = (float(random.uniform(step, 1.0)), step, step)
    scene, trunk = VesselScene((64.0, 72.0, 72.0), steps), float(random.uniform(1.8, 3.0))
    scene.tube((0, 36, 36), (24, 36, 36), trunk, 0.9 * trunk)
    for way in ((1.0, 0.6, 0.2), (1.0, -0.6, -0.2)):
        scene.tree((24, 36, 36), random.normal(way, 0.15), 0.8 * trunk, 12.0, 6, random, 0.6)
    scene.tree((12, 36, 36), random.normal((0.4, 0.2, 1.0), 0.2), 0.7 * trunk, 11.0, 5, random, 0.6)
    blood, noise = float(random.uniform(380.0, 520.0)), float(random.uniform(8.0, 25.0))
    volume = scene.scan(blood, noise, around=float(random.uniform(60.0, 110.0)), blur=0.4, modality="MR")
    vessel, bone = scene.truth()
    words = (
        f"MR, voxels {steps[2]:.2f} x {steps[0]:.2f} mm, trunk {2 * trunk:.1f} mm, blood {blood:.0f}, noise {noise:.0f}"
    )
    return Tree(volume, vessel, bone, (36.0, 36.0, 3.0), words)


def judge(tree: Tree) -> dict[str, object]:
    threshold = THRESHOLD_MR if tree.volume.modality == "MR" else None
    began = time.process_time()
    found = segment(tree.volume, VESSELS, seeds_lps=(tree.seed,), threshold=threshold)
    spent = time.process_time() - began
    mask = found.labels > 0
    mask = mask[np.rint(np.linspace(0, len(mask) - 1, len(tree.vessel))).astype(int)]
    parts, _ = ndimage.label(tree.vessel & (tree.volume.array >= found.figures["boundary"]))
    place = np.rint(np.array(tree.seed)[::-1] / tree.volume.spacing[::-1]).astype(int)
    whole = parts == parts[tuple(place)]
    ends = np.quantile(np.nonzero(whole)[0], [0.0, 0.25, 0.5, 0.75, 1.0])
    height = np.arange(len(whole))[:, None, None]
    quarters = [
        float(mask[whole & (height >= a) & (height <= b)].mean()) for a, b in zip(ends[:-1], ends[1:], strict=True)
    ]
    leak = float((mask & tree.bone).sum() / max(tree.bone.sum(), 1))
    return {
        "whole": float(mask[whole].mean()),
        "least": min(quarters),
        "leak": leak,
        "seconds": spent,
        "told": " ".join(found.warnings)[:60],
    }


def large_scan() -> tuple[Volume, tuple[float, float, float]]:
    """A CT angiogram of 512 x 512 x 400 voxels of 0.5 mm: a body in air, an aorta with branches along a spine from the first slice to the
    last, and at each vertebra a closed ring of ribs that touches it, so that vessel and bone hang together over the whole body."""
    scene, seed = aorta_beside_spine((1.0, 1.0, 1.0), 2.0)
    fine = ndimage.zoom(scene.scan(380.0, 0.0).array, 2, order=1)
    random = np.random.default_rng(FIRST_SEED)
    array = np.empty((400, 512, 512), np.int16)
    j, i = np.meshgrid(np.arange(512) - 256.0, np.arange(512) - 256.0, indexing="ij")
    body = np.hypot(j / 217.0, i / 243.0) < 1.0
    depth = 10.0 - np.abs(np.hypot(j / 125.0, i / 200.0) - 1.0) * 125.0  # in the ribs, in voxels
    ribs = np.where(depth > 2.5, 200, 1100).astype(np.int16)
    for k, plane in enumerate(array):
        plane[...] = np.where(body, 40, -1000)
        plane[230 : 230 + fine.shape[1], 180 : 180 + fine.shape[2]] = fine[k % len(fine)]
        if abs(k % 56 - 28) < 10:
            plane[depth > 0] = np.maximum(plane, ribs)[depth > 0]
        plane += np.rint(random.normal(0.0, 20.0, plane.shape)).astype(np.int16)
    return Volume(array, np.diag([0.5, 0.5, 0.5, 1.0])), (seed[0] + 90.0, seed[1] + 115.0, seed[2])


def measure_large() -> None:
    volume, seed = large_scan()
    before, began, cpu = peak_bytes(), time.perf_counter(), time.process_time()
    found = segment(volume, VESSELS, seeds_lps=(seed,))
    figures = {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "before": before / 1024**3,
        "memory": peak_bytes() / 1024**3,
        "cm3": sum(segment.volume_mm3 for segment in found.segments) / 1000.0,
    }
    print(json.dumps(figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trees", type=int, default=14)
    parser.add_argument("--large", action="store_true")
    given = parser.parse_args()
    if given.large:
        measure_large()
        return
    lines = [
        "# Vessels in trees that were not tuned on",
        "",
        "| tree | in the model | least quarter | of the bone in it | CPU s |",
        "|---|---|---|---|---|",
    ]
    for make in (ct_tree, mr_tree):
        for number in range(given.trees):
            tree = make(number)
            row = judge(tree)
            print(tree.words, row, flush=True)
            lines.append(
                f"| {tree.words} | {row['whole']:.3f} | {row['least']:.3f} | {100 * row['leak']:.2f} % | {row['seconds']:.1f} |"
            )
    command = [sys.executable, __file__, "--large"]
    large = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    lines += [
        "",
        f"CT of 512 x 512 x 400 voxels: {large['wall']:.0f} s ({large['cpu']:.0f} s of CPU), {large['memory']:.1f} GB at most, of which "
        f"{large['before']:.1f} GB were the scan and its making.",
        "",
        "Repeat: `python Testing/Benchmarks/vessel_trees.py`. In the model: share of the true vessel that hangs together with the seed at "
        "the boundary. Seeds of the trees begin at 12000; no test and no constant has seen them.",
    ]
    write_table("vessel_trees", lines)


if __name__ == "__main__":
    main()
