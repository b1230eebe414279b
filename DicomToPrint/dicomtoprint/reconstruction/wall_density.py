"""The grey value of bone and the blur of a scan that has thin walls only.

One wall shows the product of its thickness and density; walls of several thicknesses under one blur show both: the thicker
ones are wider than the thinner by more than the blur explains. All profiles are fitted with each of several densities and
blurs, and how well they fit says how likely each pair is.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..config.wall_settings import wall_settings
from .wall_profile import Prior, Profiles, fitted_profiles

_SET = wall_settings().wall_density


@dataclass(frozen=True)
class WallDensity:
    """Grey value of `bone` with its standard deviation `bone_sd`, and the blur's width in `widths` of the one assumed."""

    bone: float
    bone_sd: float
    widths: float


def density_by_walls(
    profiles: Profiles, bone: float, outside: float, noise: float, calibrated: bool
) -> WallDensity | None:
    """Bone and blur by the profiles of walls, of which `bone` and `profiles.width` are first guesses; None where they are too few,
    or do not tell. `calibrated`: grey values are HU, of which cortical bone is known to have some."""
    if len(profiles.values) < _SET.enough:
        return None
    contrast = bone - outside
    square = np.array(
        [[_misfit(profiles, outside + b * contrast, s, contrast, noise) for s in _SET.widths] for b in _SET.shares]
    )
    # A profile that no pair describes must not decide.
    square = np.minimum(square, _SET.strays * np.median(square.min(axis=(0, 1))))
    mean = square.mean(axis=2)
    # A profile counts as one observation: its samples share voxels with each other and with its neighbours.
    chance = -(mean / mean.min() - 1.0) * len(profiles.values) / 2.0
    chance = chance - 0.5 * ((np.array(_SET.widths) - 1.0) / _SET.width_sd) ** 2
    if calibrated:
        tried = outside + contrast * np.array(_SET.shares)
        chance = chance - 0.5 * (((tried - _SET.cortex_hu[0]) / _SET.cortex_hu[1]) ** 2)[:, None]
    chance = np.exp(chance - chance.max())
    chance /= chance.sum()
    by_bone, by_width = chance.sum(axis=1), chance.sum(axis=0)
    share = float(by_bone @ _SET.shares)
    sd = float(np.sqrt(by_bone @ (np.array(_SET.shares) - share) ** 2))
    found = share * contrast
    if sd > _SET.most_sd * share:
        return None
    return WallDensity(
        outside + found, float(np.hypot(sd * contrast, _SET.left * found)), float(by_width @ _SET.widths)
    )


def _misfit(profiles: Profiles, bone: float, widths: float, contrast: float, noise: float) -> np.ndarray:
    """(n,) mean square misfit of profiles with one grey value of bone and one blur."""
    count = len(profiles.values)
    known = Prior(np.full(count, bone), np.full(count, 1e-3 * contrast), contrast, noise)
    return fitted_profiles(replace(profiles, width=profiles.width * widths), known).single_misfit ** 2
