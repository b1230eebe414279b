"""Accuracy of each preset on solids with analytic truth: Dice, mean, 95 % and maximum distance.

    python Testing/Benchmarks/segmentation_presets.py

writes Testing/Benchmarks/results/segmentation_presets.md. `segmentation_accuracy.py` looks closer at `bone`.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scenes import scene
from segmentation_accuracy import surface_points
from segmentation_parts import jaws
from tables import write_table

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from dicomtoprint.errors import DicomToPrintError
from dicomtoprint.phantom.solids import Ball, Box, InsetSolid, RoundCone, Solid, Union
from dicomtoprint.segmentation import Segmentation, load_anatomy, segment

SCANS = {
    "0.5 x 0.5 x 1.0 mm, noise 20 HU, PSF 0.8 mm": {},
    "noise 40 HU": {"noise_hu": 40.0},
    "PSF 1.2 mm": {"psf_mm": 1.2},
    "slices 2.0 mm": {"spacing": (0.5, 0.5, 2.0)},
    "slices 2.5 mm": {"spacing": (0.5, 0.5, 2.5)},
    "tilt 16.5 degrees": {"tilt_degrees": 16.5},
}
EDGE_MM = 3.0


@dataclass(frozen=True)
class Scene:
    """What stands in a field (mm), as solids with their steps in HU over `background`; `truth` is the distance to the
    structure's surface, `seed` a point in it."""

    field: tuple[float, float, float]
    solids: tuple[tuple[Solid, float], ...]
    truth: Callable[[np.ndarray], np.ndarray]
    background: float = 40.0
    seed: tuple[float, float, float] | None = None


def scenes() -> dict[str, Scene]:
    """A scene for each preset that finds its structure in grey values, but `bone` and `vertebra`."""
    head = Union((Ball((0.0, 0.0, 0.0), 24.0), Ball((0.0, -9.0, -4.0), 20.0)))
    inside = InsetSolid(head, 5.0)

    def shell(points: np.ndarray) -> np.ndarray:
        """The cranial cavity stays open."""
        return np.maximum(head.distance(points), -inside.distance(points))

    femur = Union((RoundCone((-8.0, 0.0, -20.0), (-4.0, 2.0, 2.0), 9.0, 7.0), Ball((2.0, 2.0, 10.0), 11.0)))
    other = Ball((2.0, 2.0, 10.0 + 11.0 + 0.5 + 9.0), 9.0)
    teeth = jaws(0.5)
    both = Union(tuple(teeth.values()))
    body = Union((RoundCone((0.0, 0.0, -15.0), (0.0, 0.0, 15.0), 20.0, 17.0), Ball((10.0, -12.0, 0.0), 10.0)))
    pocket, bar = Ball((0.0, 0.0, 0.0), 8.0), Box((-8.0, 6.0, 0.0), (3.0, 3.0, 14.0))
    tree = Union((
        RoundCone((0.0, 0.0, -20.0), (2.0, 3.0, 0.0), 4.0, 3.5),
        RoundCone((2.0, 3.0, 0.0), (12.0, 6.0, 16.0), 2.5, 1.5),
        RoundCone((2.0, 3.0, 0.0), (-10.0, 6.0, 16.0), 3.0, 2.0),
    ))  # fmt: skip
    spine = Box((0.0, 22.0, 0.0), (8.0, 6.0, 18.0))
    windpipe = Union((
        RoundCone((0.0, 0.0, 20.0), (0.0, 2.0, -4.0), 8.0, 7.0),
        RoundCone((0.0, 2.0, -4.0), (12.0, 4.0, -20.0), 5.0, 4.0),
        RoundCone((0.0, 2.0, -4.0), (-12.0, 4.0, -20.0), 5.0, 4.0),
    ))  # fmt: skip
    screw = RoundCone((-8.0, 3.0, -10.0), (9.0, -2.0, 8.0), 2.5, 2.5)
    return {
        "skull": Scene((64.0, 76.0, 64.0), ((InsetSolid(head, -6.0), 1040.0), (head, 960.0), (inside, -960.0)), shell, -1000.0),
        "single-bone": Scene((56.0, 48.0, 92.0), ((femur, 960.0), (InsetSolid(femur, 3.0), -700.0), (other, 960.0)), femur.distance,
                             seed=(2.0, 2.0, 12.0)),
        "jaw": Scene((66.0, 50.0, 48.0), tuple((solid, 1500.0) for solid in teeth.values()), both.distance),
        "skin": Scene((64.0, 64.0, 84.0), ((body, 1040.0), (pocket, -1040.0), (bar, 900.0)), body.distance, -1000.0),
        "contrast-vessels": Scene((48.0, 64.0, 64.0), ((tree, 310.0), (spine, 700.0)), tree.distance, seed=(0.5, 1.0, -12.0)),
        "airway": Scene((56.0, 48.0, 76.0), ((windpipe, -1040.0),), windpipe.distance, seed=(0.0, 1.0, 8.0)),
        "metal": Scene((48.0, 40.0, 44.0), ((Ball((0.0, 0.0, 0.0), 15.0), 960.0), (screw, 8000.0)), screw.distance),
    }  # fmt: skip


def row(name: str, what: Scene, settings: dict) -> str:
    """Figures of one preset on one scan."""
    volume = scene(what.field, what.solids, background=what.background, **settings)
    found = segment(volume, load_anatomy(name), seeds_lps=() if what.seed is None else (what.seed,))
    rng = np.random.default_rng(0)
    half = np.array(what.field) / 2 - EDGE_MM
    # Dice over voxel centres; what touches the field's edge is cut there, which is no error.
    ijk = np.stack([rng.integers(0, n, 300_000) for n in found.labels.shape[::-1]], axis=1)
    centres = ijk @ found.affine[:3, :3].T + found.affine[:3, 3]
    true, mask = what.truth(centres) < 0, found.labels[tuple(ijk.T[::-1])] == 1
    points = surface_points(_first(found), found.segments[0].boundary)
    points = points[(np.abs(points) < half).all(axis=1)]
    distance = np.abs(what.truth(points))
    dice = 2 * np.count_nonzero(true & mask) / (np.count_nonzero(true) + np.count_nonzero(mask))
    return (f"{found.segments[0].boundary:.0f} | {dice:.4f} | {distance.mean():.3f} | {np.percentile(distance, 95):.3f} | "
            f"{distance.max():.2f}")  # fmt: skip


def _first(found: Segmentation) -> Segmentation:
    """The first segment alone, metal left out."""
    from dataclasses import replace

    return replace(found, labels=(found.labels == 1).astype(np.uint8))


def main() -> None:
    """Writes the table."""
    lines = [
        "# Accuracy of the presets",
        "",
        "Synthetic structures with analytic truth: a skull of 5 mm in skin; a femur 0.5 mm from its neighbour, from a seed; "
        "jaws with teeth 0.5 mm apart; a body with an air pocket and bone; vessels of 3 to 8 mm beside bone, from a seed; an "
        "airway of 8 to 16 mm, from a seed; a screw of 5 mm in bone, clipped at 3071 HU. Distances in mm to the true surface; "
        "the cranial cavity stays open.",
        "",
        "| preset | scan | boundary | Dice | mean | 95 % | max |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, what in scenes().items():
        for scan, settings in SCANS.items():
            try:
                figures = row(name, what, settings)
            except DicomToPrintError as error:
                figures = f"{error} | | | |"
            lines.append(f"| {name} | {scan} | {figures} |")
            print(lines[-1], flush=True)
            save(lines)


def save(lines: list[str]) -> None:
    """Writes the table; after each row, so that a stopped run leaves what it has."""
    write_table("segmentation_presets", [
        *lines,
        "",
        "Known weak rows: metal clipped at 3071 HU measures half a millimetre too large, since the half-way value of a clipped edge "
        "lies outside the metal.",
        "",
        "Repeat: `python Testing/Benchmarks/segmentation_presets.py`.",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
