"""The phantom as a volume in memory."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import Volume
from .ct_simulation import apply_detector_effects, density_steps, scan_affine, simulate_ct
from .geometry import GroundTruth, build_geometry, ground_truth
from .solids import Point

SHAPE = (150, 240, 240)
SPACING = (0.6, 0.6, 0.75)
FULL_WIDTH = 2.0 * np.sqrt(2.0 * np.log(2.0))


def make_phantom_volume(
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] = SPACING,
    noise_hu: float = 12.0,
    psf_mm: float = 0.8,
    seed: int = 0,
    progress: ProgressCallback = no_progress,
    *,
    scale: float = 1.0,
    gap_mm: float = 1.5,
    trabeculae_mm: float = 0.0,
    noise_correlation: float = 0.6,
    couch: bool = True,
    padding: bool = True,
    thickness: float | None = None,
    tilt_degrees: float = 0.0,
    wedge_degrees: float = 0.0,
    implant: bool = False,
    centre: Point = (0.0, 0.0, 0.0),
    motion: Sequence[tuple[int, Point]] = (),
    hu_offset: float = 0.0,
) -> tuple[Volume, GroundTruth]:
    """The phantom in HU, and what is known about it.

    `shape` is (k, j, i), `spacing` the index steps (i, j, k) in mm; `noise_hu` standard deviation,
    `noise_correlation` its in-plane lag-1 autocorrelation (0.6: a smooth kernel, 0.3: a sharp one); `psf_mm` full
    width at half maximum of the point spread function, to which the pixel adds its own width; `thickness` of the
    slice profile (default: the k step). `scale` enlarges bones, body and layout (1.7 for 230 mm); balls, plates,
    walls and `gap_mm` stay. `trabeculae_mm` > 0 fills the core with sheets of bone of that period (many triangles; at
    scale 1.65 and 3.5 mm, 2.5 million).

    Defects: `tilt_degrees` gantry tilt with true, sheared geometry; `wedge_degrees` a tilt "taken out", which leaves
    a slanted edge of padding; `implant` a metal rod clipped at 3071 HU with streaks; `centre` LPS mm of the field of
    view (shift it to cut the anatomy); `motion` pairs (first slice, shift in LPS mm) of the patient; `hu_offset` a
    lost or wrong intercept.

    The same arguments give the same voxels. Cost: 512 x 512 x 400 in about 20 s on one core and below 1 GB.
    """
    affine = scan_affine(shape, spacing, tilt_degrees, centre)
    what = build_geometry(scale, gap_mm, trabeculae_mm)
    shifts = np.zeros((shape[0], 3))
    for first, shift in motion:
        shifts[first:] = shift
    sigma = float(np.hypot(psf_mm / FULL_WIDTH, np.mean(spacing[:2]) / np.sqrt(12.0)))
    depth = spacing[2] if thickness is None else thickness
    grey = simulate_ct(
        affine, shape, density_steps(what, couch, implant), sigma, depth, shifts, subprogress(progress, 0.0, 0.7)
    )
    array = apply_detector_effects(
        grey,
        affine,
        what,
        implant=implant,
        noise_hu=noise_hu,
        correlation=noise_correlation,
        seed=seed,
        hu_offset=hu_offset,
        wedge_rows=spacing[2] * np.tan(np.radians(wedge_degrees)) / spacing[1],
        padding=padding,
        progress=subprogress(progress, 0.7, 1.0),
    )
    progress(1.0, "phantom ready")
    defects = {
        "tilt_degrees": tilt_degrees,
        "wedge_degrees": wedge_degrees,
        "implant": implant,
        "centre": any(centre) and centre,
        "motion": tuple(motion),
        "hu_offset": hu_offset,
    }
    return Volume(array, affine), replace(ground_truth(scale, gap_mm), defects={k: v for k, v in defects.items() if v})
