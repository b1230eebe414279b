"""What belongs together and what does not: bones a voxel apart, upper and lower teeth, walls of two voxels.

    python Testing/Benchmarks/segmentation_parts.py

writes Testing/Benchmarks/results/segmentation_parts.md. Truth is analytic; each case is made anew with other noise,
another place between the voxels and, where it has one, another orientation.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scenes import scene, turned
from tables import write_table

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from scipy import ndimage

from dicomtoprint.phantom import make_phantom_volume, object_distances
from dicomtoprint.phantom.solids import Box, RoundCone, Shell, Union
from dicomtoprint.segmentation import Segmentation, load_anatomy, segment

BONE_HU, TOOTH_HU = 1160.0, 1500.0
SCANS = {
    "noise 20 HU, PSF 0.8 mm": (20.0, 0.8),
    "noise 40 HU, PSF 0.8 mm": (40.0, 0.8),
    "noise 20 HU, PSF 1.2 mm": (20.0, 1.2),
}


def right_share(found: Segmentation, solids: dict) -> tuple[int, float]:
    """Number of segments, and the share of the solids' labelled voxels that carry the label of most of their solid;
    0 where two solids share one."""
    k, j, i = np.nonzero(found.labels)
    points = np.stack([i, j, k], axis=1) @ found.affine[:3, :3].T + found.affine[:3, 3]
    labels, right, whole, taken = found.labels[k, j, i], 0, 0, []
    for solid in solids.values():
        counts = np.bincount(labels[solid.distance(points) < 0])
        taken.append(int(counts.argmax()))
        right, whole = right + int(counts.max()), whole + int(counts.sum())
    return len(found.segments), right / whole if len(set(taken)) == len(solids) else 0.0


def bones_rows() -> list[str]:
    """Ball and cup of the phantom, the cup around a third of the ball, at several gaps."""
    rows = ["| gap | scan | apart | parts | voxels with the right bone, least |", "|---|---|---|---|---|"]
    rng = np.random.default_rng(0)
    for gap in (0.25, 0.5, 0.75, 1.0, 1.5):
        for name, (noise, psf) in SCANS.items():
            shares, parts = [], []
            for seed in range(6):
                centre = tuple(np.array([-22.0, -4.0, 32.0]) + rng.uniform(-0.5, 0.5, 3))
                tilt = 16.5 * (seed % 2)
                volume, truth = make_phantom_volume(
                    (42, 112, 112), (0.5, 0.5, 1.0), noise, psf, seed, gap_mm=gap, centre=centre, tilt_degrees=tilt,
                    couch=False, padding=False,
                )  # fmt: skip
                solids = object_distances(truth.scale, truth.gap_mm)
                count, share = right_share(
                    segment(volume, load_anatomy("bones-apart")), {name: solids[name] for name in ("femur", "cup")}
                )
                parts.append(count)
                shares.append(share)
            apart = sum(share > 0 and count == 2 for share, count in zip(shares, parts))
            rows.append(
                f"| {gap} mm | {name} | {apart} of {len(shares)} | {min(parts)} to {max(parts)} | {min(shares):.4f} |"
            )
            print(rows[-1], flush=True)
    return rows


def jaws(occlusal_mm: float, between_mm: float = 0.3) -> dict[str, Union]:
    """Two arches of 24 mm radius with twelve teeth each, flat where they meet, `occlusal_mm` apart."""
    radius, angles = 24.0, np.radians(np.linspace(-75, 75, 12))
    width = radius * np.radians(150 / 11) - between_mm
    rows = {}
    for side, name in ((1.0, "upper"), (-1.0, "lower")):
        fine = np.radians(np.linspace(-80, 80, 17))
        ridge = [(float(radius * np.sin(a)), float(-radius * np.cos(a)), side * 13.0) for a in fine]
        solids: list = [RoundCone(a, b, 6.0, 6.0) for a, b in zip(ridge, ridge[1:])]
        for a in angles:
            axes = (
                (float(np.cos(a)), float(np.sin(a)), 0.0),
                (float(-np.sin(a)), float(np.cos(a)), 0.0),
                (0.0, 0.0, 1.0),
            )
            place = (float(radius * np.sin(a)), float(-radius * np.cos(a)), side * (occlusal_mm / 2 + 5.0))
            solids.append(Box(place, (float(width) / 2, 3.5, 5.0), axes))
        rows[name] = Union(tuple(solids))
    return rows


def teeth_rows() -> list[str]:
    """Upper and lower teeth in contact, CT and cone-beam voxels."""
    rows = ["| teeth apart | scan | parts | voxels with the right jaw |", "|---|---|---|---|"]
    for gap in (0.2, 0.3, 0.5, 1.0):
        for spacing, noise, psf in (
            ((0.5, 0.5, 1.0), 20.0, 0.8),
            ((0.4, 0.4, 0.4), 40.0, 0.6),
            ((0.3, 0.3, 0.3), 60.0, 0.5),
        ):
            solids = jaws(gap)
            volume = scene(
                (66.0, 50.0, 44.0), [(solid, TOOTH_HU) for solid in solids.values()], spacing=spacing, noise_hu=noise, psf_mm=psf
            )  # fmt: skip
            count, share = right_share(segment(volume, load_anatomy("jaws-apart")), solids)
            steps = " x ".join(f"{step:g}" for step in spacing)
            rows.append(
                f"| {gap} mm | {steps} mm, noise {noise:g} HU, PSF {psf} mm | {count} | "
                f"{f'{share:.4f}' if share else 'together'} |"
            )
            print(rows[-1], flush=True)
    return rows


def shell_rows() -> list[str]:
    """Closed walls of two in-plane voxels around a hollow: leaks by faces from the hollow to the outside."""
    keep = load_anatomy("bone")
    keep = replace(keep, interior=replace(keep.interior, fill="keep"))
    rows = ["| wall | shape | scan | with a hole | hollow filled by the preset |", "|---|---|---|---|---|"]
    for wall in (1.0, 0.75):
        for shape in ("ball", "turned box"):
            for name, (noise, psf) in SCANS.items():
                leaks = filled = 0
                for seed in range(12):
                    rng = np.random.default_rng(seed)
                    centre, axes = tuple(float(v) for v in rng.uniform(-0.5, 0.5, 3)), turned(rng)
                    half = (9.0, 8.0, 7.0)
                    inner = tuple(size - wall for size in half)
                    walls = (
                        [(Shell(centre, 12.0, wall), BONE_HU)]
                        if shape == "ball"
                        else [(Box(centre, half, axes), BONE_HU), (Box(centre, inner, axes), -BONE_HU)]
                    )
                    volume = scene((36.0, 36.0, 36.0), walls, noise_hu=noise, psf_mm=psf, seed=seed,
                                   tilt_degrees=16.5 * (seed % 2))  # fmt: skip
                    place = tuple(np.rint(volume.to_ijk(np.array([centre]))[0]).astype(int)[::-1])
                    free, _ = ndimage.label(segment(volume, keep).labels == 0)
                    leaks += bool(free[place] in (0, free[0, 0, 0]))
                    filled += bool(segment(volume, load_anatomy("bone")).labels[place])
                rows.append(f"| {wall} mm | {shape} | {name} | {leaks} of 12 | {filled} of 12 |")
                print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Writes the table."""
    tables = {
        "Two bones apart by a gap": (
            bones_rows,
            "Ball of 30 mm in its cup (phantom), 0.5 x 0.5 x 1.0 mm, anatomy `bones-apart`; six scans a row, every "
            "second one with 16.5 degrees of tilt. At 0.5 mm (one in-plane voxel) nearly all of the gap lies above the "
            "boundary, and the dip left is a third to a half of the contrast; at 0.25 mm a quarter or less.",
        ),
        "Upper and lower teeth": (teeth_rows, "Synthetic jaws, flat teeth that face each other, anatomy `jaws-apart`."),
        "Walls of two voxels": (
            shell_rows,
            "0.5 x 0.5 x 1.0 mm, anatomy `bone`, twelve scans a row (noise, place, orientation, every second one "
            "tilted). 1.0 mm is two in-plane voxels; 0.75 mm, one and a half, is beyond what is asked.",
        ),
    }
    lines = ["# What belongs together", ""]
    for title, (made, words) in tables.items():
        lines += [f"## {title}", "", words, "", *made(), ""]
    lines.append("Repeat: `python Testing/Benchmarks/segmentation_parts.py`.")
    write_table("segmentation_parts", lines)


if __name__ == "__main__":
    main()
