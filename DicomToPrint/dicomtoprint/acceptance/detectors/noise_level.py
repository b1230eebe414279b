"""How much noise there is, whatever its kind: in flat pieces of the body, else in the air beside it."""

from __future__ import annotations

import numpy as np

from ...messages import _
from ...rules import MISSING, Fact
from .grey_scale import is_drawing
from .scan_overview import ScanOverview
from .slice_labels import confidence_label

TILE, SLICES, FEWEST = 8, 24, 20
# Air that is cut off at the lowest value shows 0.58 of its noise, and the noise at the rim of a body is less than in it.
AIR_TIMES = 3.0
USUAL_HU = 100.0  # says only how sure the measure is


def noise_level(scene: ScanOverview) -> Fact:
    """Fact ``noise_hu``: standard deviation of the grey values in the flattest pieces of the body, HU.

    Structure adds to the noise, so the flattest fifth counts. Where the body is too thin for a flat piece (a dry bone)
    the air beside it tells.
    """
    evidence = _("pixels: spread of the grey values in flat pieces")
    if is_drawing(scene):
        return Fact("noise_hu", MISSING, _("the picture holds a few grey values only"), evidence)
    inside, outside = _tiles(scene)
    known = [
        (_flattest(spread), times) for spread, times in ((inside, 1.0), (outside, AIR_TIMES)) if len(spread) >= FEWEST
    ]
    if not known:
        return Fact("noise_hu", MISSING, _("no flat piece of tissue or air was found"), evidence)
    # A small body has no flat piece: then the air beside it sets the bound.
    noise = min(value * times for value, times in known) if len(known) > 1 else known[0][0]
    figures = {"pieces": len(inside), "sure": confidence_label(noise / USUAL_HU)}
    return Fact("noise_hu", round(noise, 1), "", evidence, parameters=figures)


def _flattest(spread: np.ndarray) -> float:
    return float(np.median(spread[spread <= 1.15 * np.percentile(spread, 20)]))


def _tiles(scene: ScanOverview) -> tuple[np.ndarray, np.ndarray]:
    """Spread (HU) of the pieces that lie in the body, and of those in the air; a plane is taken out of each."""
    array, step = scene.volume.array, scene.body_step
    rows, columns = array.shape[1] // TILE, array.shape[2] // TILE
    found: dict[bool, list[np.ndarray]] = {True: [], False: []}
    for k in np.unique(np.linspace(0, len(array) - 1, SLICES).astype(int)):
        plane = array[k, : rows * TILE, : columns * TILE].astype(np.float32)
        tiles = plane.reshape(rows, TILE, columns, TILE).transpose(0, 2, 1, 3).reshape(-1, TILE, TILE)
        means = tiles.mean(axis=(1, 2))
        dead = tiles.max(axis=(1, 2)) == tiles.min(axis=(1, 2))
        body = scene.body[k].repeat(step, axis=0).repeat(step, axis=1)[: rows * TILE, : columns * TILE]
        body = np.pad(body, ((0, rows * TILE - body.shape[0]), (0, columns * TILE - body.shape[1])))
        share = body.reshape(rows, TILE, columns, TILE).mean(axis=(1, 3)).ravel()
        found[True].append(_spread(tiles[(share > 0.95) & ~dead]))
        found[False].append(_spread(tiles[(share == 0) & (means < scene.split) & ~dead]))
    return np.concatenate(found[True]), np.concatenate(found[False])


def _spread(tiles: np.ndarray) -> np.ndarray:
    """Standard deviation of each piece about its own plane."""
    slope = (np.arange(TILE) - (TILE - 1) / 2).astype(np.float32)
    square = TILE * float((slope * slope).sum())
    level = tiles - tiles.mean(axis=(1, 2), keepdims=True)
    along_j = (level * slope[:, None]).sum(axis=(1, 2)) / square
    along_i = (level * slope).sum(axis=(1, 2)) / square
    level = level - along_j[:, None, None] * slope[:, None] - along_i[:, None, None] * slope
    return np.asarray(level.std(axis=(1, 2)) * np.sqrt(TILE**2 / (TILE**2 - 3)))
