"""Real scans against themselves: blurred and thinned twofold they must give the surface of the original, within what both state.

    python Testing/Benchmarks/real_scans.py DATA

writes Testing/Benchmarks/results/real_scans.md. DATA is a folder with the public scans that are named in `SCANS`. Nobody
knows the truth of a real scan, but two scans of one object must agree: a point of the coarse scan's surface lies from the
original's no further than the root of the sum of the squares of both 95 % bounds, for 95 % of the surface. Faces that no
scan has measured (cut, filled, bridged) take no part.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from dicomtoprint.accuracy import (
    Deviation,
    blur_from,
    error_budget,
    estimate_accuracy,
    measure_edge_profile,
    modelled_of,
)
from dicomtoprint.imaging.voxel_patches import sample_measured_surface
from dicomtoprint.mesh.core import Mesh, Provenance, concatenate
from dicomtoprint.mesh.triangle_distance import nearest_triangles
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.volume import Volume

# File or folder of the data, and how many voxels along i, j, k become one.
SCANS = {
    "head phantom of bone": ("philips_headphantom_1mm_UB", (2, 2, 1)),
    "vertebra": ("labels_vertebra/sub-ct_label-22_ct.nii.gz", (2, 2, 2)),
    "trunk": ("labels_totalsegmentator/example_ct.nii.gz", (2, 2, 2)),
}
POINTS = 6000
BORDER = 3  # coarse voxels at the scan's border, where it ends the surface


@dataclass(frozen=True)
class Agreement:
    """How far the coarse scan's surface lies from the original's, 95 % in mm, and the bounds of both."""

    distance_mm: float
    original_mm: float
    coarse_mm: float

    @property
    def allowed_mm(self) -> float:
        """mm, root of the sum of the squares of both bounds."""
        return float(np.hypot(self.original_mm, self.coarse_mm))


def read_scan(path: Path) -> Volume:
    """A scan of DICOM files or of one volume file."""
    if path.is_dir():
        from dicomtoprint.dicom import read_study, read_volume

        return read_volume(max(read_study(path).series, key=lambda series: len(series.files)))
    import SimpleITK as sitk

    image = sitk.ReadImage(str(path))
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * np.array(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return Volume(sitk.GetArrayFromImage(image).astype(np.int16), affine)


def thinned(volume: Volume, factors: tuple[int, int, int]) -> Volume:
    """The scan with so many voxels along i, j, k averaged to one, blurred by as much as their width besides."""
    from scipy import ndimage

    sigma = [0.0 if f == 1 else f / 12.0**0.5 for f in factors[::-1]]
    array = ndimage.gaussian_filter(volume.array.astype(np.float32), sigma)
    shape = [n // f for n, f in zip(array.shape, factors[::-1])]
    k, j, i = (n * f for n, f in zip(shape, factors[::-1]))
    blocks = array[:k, :j, :i].reshape(shape[0], factors[2], shape[1], factors[1], shape[2], factors[0])
    affine = volume.affine.copy()
    affine[:3, :3] = volume.affine[:3, :3] * np.array(factors)
    affine[:3, 3] += volume.affine[:3, :3] @ (0.5 * (np.array(factors) - 1.0))
    return Volume(np.rint(blocks.mean(axis=(1, 3, 5))).astype(np.int16), affine)


def surface(volume: Volume) -> tuple[Mesh, float]:
    """The anatomy `bone` as `run` makes it, and the 95 % bound in mm that is stated before printing."""
    model = reconstruct_surfaces(segment(volume, load_anatomy("bone")))
    boundary = measure_edge_profile(volume, model.meshes)
    noise = 0.0 if boundary is None else boundary.noise_hu
    known = {"modelled": modelled_of(model.meshes, model.figures), "blur": blur_from(model.figures)}
    accuracy = estimate_accuracy(volume, model.meshes, noise, **known)
    deviation = Deviation(max(float(figures["p95_deviation_mm"]) for figures in model.figures))
    budget = error_budget(spacing=volume.spacing, boundary=boundary, accuracy=accuracy, deviation=deviation)
    return concatenate(list(model.meshes)), float(budget.total_mm)


def agreement(volume: Volume, factors: tuple[int, int, int]) -> Agreement:
    """The scan against itself thinned."""
    coarse = thinned(volume, factors)
    whole, original = surface(volume)
    mesh, stated = surface(coarse)
    origin = mesh.triangle_arrays["Provenance"]
    own = np.where(origin == Provenance.MODELLED, Provenance.MEASURED, origin).astype(np.uint8)
    places = sample_measured_surface(mesh.with_arrays(triangle_arrays={"Provenance": own}), POINTS).places
    at = coarse.to_ijk(places)
    inside = ((at > BORDER) & (at < np.array(coarse.array.shape[::-1]) - 1 - BORDER)).all(axis=1)
    _, distance = nearest_triangles(places[inside], whole)
    return Agreement(float(np.percentile(distance, 95)), original, stated)


def main() -> None:
    """All scans that the folder holds."""
    from tables import write_table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    lines = [
        "# Real scans against themselves",
        "",
        str(__doc__).split("\n\n")[-1].strip().replace("\n", " ").split("`SCANS`. ")[1],
        "",
        "| scan | voxels mm | thinned to | 95 % between the surfaces | allowed | stated for the original | for the thinned |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (place, factors) in SCANS.items():
        volume = read_scan(data / place)
        found = agreement(volume, factors)
        sizes = [" x ".join(f"{v:.2f}" for v in np.array(volume.spacing) * f) for f in ((1, 1, 1), factors)]
        lines.append(
            f"| {name} | {sizes[0]} | {sizes[1]} | {found.distance_mm:.2f} | {found.allowed_mm:.2f} | "
            f"{found.original_mm:.2f} | {found.coarse_mm:.2f} |"
        )
        print(lines[-1], flush=True)
    write_table("real_scans", lines)


if __name__ == "__main__":
    main()
