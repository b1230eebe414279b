"""A given segmentation joined with its scan against the given labels alone: smoothness, and distance to the scan's edge.

    python Testing/Benchmarks/segmentation_labels.py FOLDER

FOLDER holds `example_ct_sm.nii.gz` and `example_seg.nii.gz` (TotalSegmentator, tests/reference_files, Apache-2.0).
Writes results/segmentation_labels.md.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree
from tables import write_table

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from dicomtoprint.dicom import read_image_volume
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.isosurface import extract_isosurface
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.reconstruction.scalar_field import build_scalar_field
from dicomtoprint.reconstruction.smoothing import windowed_sinc_smooth
from dicomtoprint.segmentation import Segmentation, load_anatomy, read_labelmap, refine_labelmap
from dicomtoprint.volume import Volume

BONES = (*range(26, 51), *range(92, 117))
TREATMENTS = {
    "not smoothed": (0, 0.1),
    "20 iterations, pass band 0.1": (20, 0.1),
    "40 iterations, pass band 0.01": (40, 0.01),
}
RUN = "as a run makes it"
RADIUS_MM, REACH_MM = 4.5, 6.0


def sample(mesh: Mesh, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points spread evenly over the surface and their normals, (n, 3) each; always the same ones."""
    corners = mesh.points[mesh.triangles].astype(np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(cross, axis=1)
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(area), count, p=area / area.sum())
    share = rng.random((count, 2))
    share = np.where(share.sum(axis=1, keepdims=True) > 1, 1 - share, share)
    first, second, third = (corners[chosen, n] for n in range(3))
    return first + share[:, :1] * (second - first) + share[:, 1:] * (third - first), cross[chosen] / area[chosen, None]


def roughness(mesh: Mesh) -> float:
    """Mean angle in degrees between a normal and the mean normal within 4.5 mm on the same side: no matter how large
    the triangles are, which the angle between neighbouring triangles is not."""
    points, normals = sample(mesh, 6000)
    angles = []
    for own, near in zip(normals, cKDTree(points).query_ball_point(points[:1500], RADIUS_MM)):
        around = normals[near]
        mean = around[around @ own > -0.2].mean(axis=0)
        angles.append(np.degrees(np.arccos(np.clip(mean @ own / np.linalg.norm(mean), -1, 1))))
    return float(np.mean(angles))


def distances(mesh: Mesh, volume: Volume, value: float) -> tuple[float, float]:
    """Mean distance in mm along the normal to where the scan falls through `value`, and the share of points that have
    no such place within 6 mm."""
    points, normals = sample(mesh, 4000)
    steps = np.arange(-REACH_MM, REACH_MM + 0.01, 0.1)
    places = (points[:, None] + steps[None, :, None] * normals[:, None]).reshape(-1, 3)
    grey = volume.array.astype(np.float32)
    profile = ndimage.map_coordinates(grey, volume.to_ijk(places).T[::-1], order=1, mode="nearest").reshape(
        len(points), -1
    )
    falls = (profile[:, :-1] >= value) & (profile[:, 1:] < value)
    nearest = np.where(falls, np.abs(steps[:-1] + 0.05), np.inf).min(axis=1)
    seen = np.isfinite(nearest)
    return float(nearest[seen].mean()), float(1 - seen.mean())


def main() -> None:
    """Writes the table."""
    folder = Path(sys.argv[1])
    given, volume = read_labelmap(folder / "example_seg.nii.gz"), read_image_volume(folder / "example_ct_sm.nii.gz")
    joined = refine_labelmap(given, volume, load_anatomy("from-segmentation"))
    alone = Segmentation(None, given.affine, given.labels, None, given.segments)
    figures: dict = {}
    names = []
    for segment in joined.segments:
        if segment.label not in BONES or segment.boundary is None:
            continue
        names.append(segment.label)
        own = next(s for s in given.segments if s.label == segment.label)
        for kind, source, which in (("labels and grey values", joined, segment), ("labels alone", alone, own)):
            field = build_scalar_field(source, which)
            assert field is not None
            # On whole steps, as others contour a label too.
            raw, _ = extract_isosurface(replace(field, grey=True))
            for treatment, (iterations, band) in TREATMENTS.items():
                mesh = windowed_sinc_smooth(raw, iterations, band)
                row = (len(raw.triangles), roughness(mesh), *distances(mesh, volume, segment.boundary))
                figures.setdefault((treatment, kind), []).append(row)
            made = reconstruct_surfaces(replace(source, segments=(which,)), min_fragment_mm3=0.0).meshes[0]
            row = (len(raw.triangles), roughness(made), *distances(made, volume, segment.boundary))
            figures.setdefault((RUN, kind), []).append(row)
    lines = [
        "# A given segmentation joined with its scan",
        "",
        f"TotalSegmentator's example at {volume.spacing[0]:.0f} mm, its {len(names)} bones with a grey boundary (vertebrae and ribs), "
        "weighted by their triangles. Roughness: mean angle between a normal and the mean normal within "
        f"{RADIUS_MM} mm. Distance: along the normal to where the scan falls through the bone's boundary; left out where it does not "
        f"within {REACH_MM:g} mm. Before simplification, but for what a run makes.",
        "",
        "| surface | smoothing | roughness, degrees | distance, mean mm | no edge |",
        "|---|---|---|---|---|",
    ]
    for (treatment, kind), rows in sorted(figures.items(), key=lambda item: [*TREATMENTS, RUN].index(item[0][0])):
        table = np.array(rows)
        mean = (table[:, :1] * table[:, 1:]).sum(axis=0) / table[:, 0].sum()
        lines.append(f"| {kind} | {treatment} | {mean[0]:.1f} | {mean[1]:.2f} | {mean[2]:.2f} |")
        print(lines[-1], flush=True)
    lines += [
        "",
        "What a run makes of labels and grey values is smoother than the label's own surface (labels alone, not smoothed) and "
        "nearer than any surface of the labels alone. With the same smoothing on both it is nearer, and about as rough.",
        "",
        "Repeat: `python Testing/Benchmarks/segmentation_labels.py FOLDER`.",
    ]
    write_table("segmentation_labels", lines)


if __name__ == "__main__":
    main()
