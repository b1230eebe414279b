"""The phantom as a volume in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import Volume
from .ct_simulation import (
    add_noise,
    add_streaks,
    apply_padding,
    density_steps,
    quantize,
    scan_affine,
    simulate_ct,
)
from .geometry import GroundTruth, build_geometry, ground_truth
from .solids import Point

SHAPE = (150, 240, 240)
SPACING = (0.6, 0.6, 0.75)
FULL_WIDTH = 2.0 * np.sqrt(2.0 * np.log(2.0))


@dataclass(frozen=True)
class PhantomScan:
    """How the phantom is built and scanned, and what is wrong with the scan.

    Attributes
    ----------
    noise_hu
        Standard deviation of the noise.
    psf_mm
        Full width at half maximum of the point spread function, to which the pixel adds its own width.
    seed
        Of the noise: the same seed gives the same voxels.
    scale
        Enlarges bones, body and layout (1.7 for 230 mm); balls, plates, walls and `gap_mm` stay.
    gap_mm
        Width of the joint gap.
    trabeculae_mm
        Above 0: the core is filled with sheets of bone of that period (many triangles; at scale 1.65 and 3.5 mm, 2.5 million).
    noise_correlation
        In-plane lag-1 autocorrelation of the noise (0.6: a smooth kernel, 0.3: a sharp one).
    couch, padding
        Whether the couch is in the image, and whether the corners hold the padding value.
    thickness
        Of the slice profile in mm (None: the k step).
    tilt_degrees
        Gantry tilt with true, sheared geometry.
    wedge_degrees
        A tilt "taken out", which leaves a slanted edge of padding.
    implant
        A metal rod clipped at 3071 HU, with streaks.
    centre
        LPS mm of the field of view's centre (shift it to cut the anatomy).
    motion
        Pairs (first slice, shift in LPS mm) of the patient.
    hu_offset
        A lost or wrong intercept.
    """

    noise_hu: float = 12.0
    psf_mm: float = 0.8
    seed: int = 0
    scale: float = 1.0
    gap_mm: float = 1.5
    trabeculae_mm: float = 0.0
    noise_correlation: float = 0.6
    couch: bool = True
    padding: bool = True
    thickness: float | None = None
    tilt_degrees: float = 0.0
    wedge_degrees: float = 0.0
    implant: bool = False
    centre: Point = (0.0, 0.0, 0.0)
    motion: Sequence[tuple[int, Point]] = ()
    hu_offset: float = 0.0

    @property
    def defects(self) -> dict[str, object]:
        """What is wrong with the scan, by name; empty for a sound one."""
        all_defects = {
            "tilt_degrees": self.tilt_degrees,
            "wedge_degrees": self.wedge_degrees,
            "implant": self.implant,
            "centre": any(self.centre) and self.centre,
            "motion": tuple(self.motion),
            "hu_offset": self.hu_offset,
        }
        return {name: value for name, value in all_defects.items() if value}


def make_phantom_volume(
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] = SPACING,
    *,
    progress: ProgressCallback = no_progress,
    **scan: Any,
) -> tuple[Volume, GroundTruth]:
    """The phantom in HU, and what is known about it.

    Parameters
    ----------
    shape
        Voxels (k, j, i).
    spacing
        Index steps (i, j, k) in mm.
    progress
        Called with fraction and phrase.
    **scan
        The fields of `PhantomScan`, by name.

    Returns
    -------
    tuple
        The volume, int16 HU, and its ground truth. The same arguments give the same voxels.

    Notes
    -----
    512 x 512 x 400 voxels take about 20 s on one core and below 1 GB.
    """
    parameters = PhantomScan(**scan)
    affine = scan_affine(shape, spacing, parameters.tilt_degrees, parameters.centre)
    geometry = build_geometry(parameters.scale, parameters.gap_mm, parameters.trabeculae_mm)
    shifts = np.zeros((shape[0], 3))
    for first, shift in parameters.motion:
        shifts[first:] = shift
    sigma = float(np.hypot(parameters.psf_mm / FULL_WIDTH, np.mean(spacing[:2]) / np.sqrt(12.0)))
    depth = spacing[2] if parameters.thickness is None else parameters.thickness
    steps = density_steps(geometry, parameters.couch, parameters.implant)
    grey = simulate_ct(affine, shape, steps, sigma, depth, shifts, subprogress(progress, 0.0, 0.7))
    if parameters.implant:
        add_streaks(grey, affine, geometry)
    add_noise(
        grey,
        parameters.noise_hu,
        parameters.noise_correlation,
        parameters.seed,
        subprogress(subprogress(progress, 0.7, 1.0), 0.0, 0.9),
    )
    array = quantize(grey, parameters.hu_offset)
    if parameters.padding:
        apply_padding(array, spacing[2] * np.tan(np.radians(parameters.wedge_degrees)) / spacing[1])
    progress(1.0, _("phantom ready"))
    truth = ground_truth(parameters.scale, parameters.gap_mm)
    return Volume(array, affine), replace(truth, defects=parameters.defects)
