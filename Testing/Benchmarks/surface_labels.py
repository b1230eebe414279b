"""Surfaces of labels without grey values, ours beside Slicer's: how much of a thin structure is left, and how near to the truth?

    python Testing/Benchmarks/surface_labels.py

Rods, shells and a ball with known surfaces, cut into voxels of 1 mm and of 1 x 1 x 3 mm; with DICOM_TO_PRINT_DATA also the label maps
of the shared scans, where the volume of the voxels is what is known. Slicer: its own conversion, with its defaults, on slicer-core.
Rough: mean angle between the triangles and the true surface. Writes results/surface_labels.md.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "DicomToPrint"), str(HERE)]

from surface_judgement import read
from surface_methods import slicer_rule

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import Segment, Segmentation, read_labelmap

Distance = Callable[[np.ndarray], np.ndarray]
AXIS = np.array([0.6, 0.0, 0.8])  # of the rods: oblique to the voxels
HALF = 22.0  # mm of a rod to either side
SIDE = 64.0  # mm of the grid
MAPS = {
    "41 structures of a body, voxels of 3 mm": "labels_totalsegmentator/example_seg.nii.gz",
    "vertebrae, voxels of 1.5 mm": "labels_vertebra/sub-ct_seg-vert_label-22_msk.nii.gz",
}


def rod(radius: float) -> Distance:
    def distance(points: np.ndarray) -> np.ndarray:
        along = points @ AXIS
        return np.maximum(np.linalg.norm(points - along[..., None] * AXIS, axis=-1) - radius, np.abs(along) - HALF)

    return distance


def shell(thickness: float) -> Distance:
    return lambda points: np.abs(np.linalg.norm(points, axis=-1) - 25.0) - thickness / 2.0


def shapes() -> Iterator[tuple[str, Distance, float]]:
    """Name, signed distance in mm and volume in mm3."""
    yield "ball of 40 mm", lambda points: np.linalg.norm(points, axis=-1) - 20.0, 4.0 / 3.0 * np.pi * 20.0**3
    for thickness in (2.5, 1.5):
        volume = 4.0 / 3.0 * np.pi * ((25.0 + thickness / 2.0) ** 3 - (25.0 - thickness / 2.0) ** 3)
        yield f"shell of {thickness:g} mm", shell(thickness), volume
    for radius in (2.5, 1.5, 1.0):
        yield f"rod of {2 * radius:g} mm", rod(radius), np.pi * radius**2 * 2.0 * HALF


def voxels(distance: Distance, spacing: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The shape as a label (k, j, i), and its affine: index to mm."""
    count = [int(SIDE / step) for step in spacing]
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -0.5 * (np.array(count) - 0.74) * spacing
    k, j, i = np.indices(count[::-1])
    points = np.stack([i, j, k], axis=-1) * spacing + affine[:3, 3]
    return (distance(points) < 0.0).astype(np.uint8), affine


def both(labels: np.ndarray, affine: np.ndarray, folder: Path) -> tuple[Mesh, Mesh]:
    """Our surface and Slicer's."""
    segment = Segment("label", 1, "Label", (1.0, 1.0, 1.0), None, {}, 0.0)
    mine = reconstruct_surfaces(Segmentation(None, affine, labels, None, (segment,)), min_fragment_mm3=0.0).meshes[0]
    path = folder / "slicer.stl"
    slicer_rule(None, affine, labels, path, decimated=False)
    return mine, read(path)


def judged(mesh: Mesh, distance: Distance) -> tuple[float, float]:
    """Mean distance in mm and mean angle in degrees from the true surface, away from the ends of the rods."""
    corners = mesh.points.astype(np.float64)[mesh.triangles]
    middle, normal = corners.mean(axis=1), mesh.triangle_normals()
    area = np.linalg.norm(normal, axis=1)
    steps = 0.001 * np.eye(3)
    slope = np.stack([distance(middle + step) - distance(middle - step) for step in steps], axis=1)
    slope /= np.maximum(np.linalg.norm(slope, axis=1), 1e-12)[:, None]
    cosine = np.einsum("ij,ij->i", normal, slope) / np.maximum(area, 1e-12)
    counted = (np.abs(middle @ AXIS) < HALF - 3.0) & (area > 0.0)
    if not counted.any():
        return float("nan"), float("nan")
    off = np.average(np.abs(distance(middle))[counted], weights=area[counted])
    angle = np.average(np.degrees(np.arccos(np.clip(cosine[counted], -1.0, 1.0))), weights=area[counted])
    return float(off), float(angle)


def rows_of_shapes(folder: Path) -> list[str]:
    lines = [
        "| shape | voxels, mm | volume left, ours | Slicer | mean distance, ours | Slicer | rough, ours | Slicer |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for spacing in ((1.0, 1.0, 1.0), (1.0, 1.0, 3.0)):
        for name, distance, volume in shapes():
            labels, affine = voxels(distance, spacing)
            mine, theirs = both(labels, affine, folder)
            (off, angle), (off_theirs, angle_theirs) = judged(mine, distance), judged(theirs, distance)
            lines.append(
                f"| {name} | {' x '.join(f'{step:g}' for step in spacing)} "
                f"| {100 * mine.volume / volume:.0f} % | {100 * theirs.volume / volume:.0f} % "
                f"| {off:.2f} mm | {off_theirs:.2f} mm | {angle:.0f} degrees | {angle_theirs:.0f} degrees |"
            )
            print(lines[-1], flush=True)
    return lines


def rows_of_maps(folder: Path, data: Path) -> list[str]:
    lines = [
        "| label map | structures | volume left, ours: median, least | Slicer: median, least |",
        "|---|---|---|---|",
    ]
    for name, file in MAPS.items():
        given = read_labelmap(data / file)
        shares = []
        for segment in given.segments:
            label = (given.labels == segment.label).astype(np.uint8)
            if np.count_nonzero(label) < 10:
                continue
            shares.append([mesh.volume / segment.volume_mm3 for mesh in both(label, given.affine, folder)])
        mine, theirs = np.array(shares).T
        lines.append(
            f"| {name} | {len(mine)} | {100 * np.median(mine):.0f} %, {100 * mine.min():.0f} % "
            f"| {100 * np.median(theirs):.0f} %, {100 * theirs.min():.0f} % |"
        )
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = ["# Surfaces of labels without grey values", "", *rows_of_shapes(folder), ""]
        data = os.environ.get("DICOM_TO_PRINT_DATA")
        if data:
            lines += [*rows_of_maps(folder, Path(data)), ""]
    lines += [
        "Repeat: `python Testing/Benchmarks/surface_labels.py`. Volume left: of the true volume, or of that of the label's voxels. "
        "Slicer: its closed surface with its default smoothing, by slicer-core. Rough: mean angle to the true surface.",
        "",
    ]
    (HERE / "results" / "surface_labels.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
