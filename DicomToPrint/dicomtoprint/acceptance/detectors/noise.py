"""Noise in flat soft tissue: how much, and how smooth a kernel left it; contrast against it; the grey value of air."""

import numpy as np

from ...images.raster import RED, WIDTH, YELLOW, RasterImage, apply_window, draw_line, overlay_mask, resample_isotropic
from ...messages import _
from ...rules import MISSING, Fact
from .scan_overview import ScanOverview
from .slice_labels import confidence_label

TILE = 12  # pixels along an edge of a flat piece of tissue
SLICES = 24  # are enough for a mean
# Part of the method (dicom-rules.md): smooth kernels leave 0.56 to 0.66, sharp ones 0.20 to 0.37.
# A real GE STANDARD scan at 0.81 mm and a Siemens Br38f at 1.5 mm read as sharp: large pixels part the noise of
# neighbours.
SHARP_BELOW, MAX_PIXEL_MM = 0.45, 0.6
# No reconstruction leaves white noise: what is nearly so was added by a program, and says nothing of a kernel.
WHITE_NOISE_AUTOCORRELATION = 0.1


def homogeneous_patches(scene: ScanOverview) -> np.ndarray:
    """(n, 12, 12) float32 flattest pieces of soft tissue, a plane taken out of each; empty where there are none.

    Noise as the rules ask for it: in soft tissue alone, and as pieces, since the kernel shows in how neighbours agree. Scans
    of large pixels have no such pieces, so the error budget and the segmentation measure theirs on all grey values.
    """
    array = scene.volume.array
    found: list[np.ndarray] = []
    if scene.soft is None:
        return np.empty((0, TILE, TILE), np.float32)
    for k in np.unique(np.linspace(0, len(array) - 1, SLICES).astype(int)):
        rows, columns = array.shape[1] // TILE, array.shape[2] // TILE
        plane = array[k, : rows * TILE, : columns * TILE]
        tiles = plane.reshape(rows, TILE, columns, TILE).transpose(0, 2, 1, 3).reshape(-1, TILE, TILE)
        tiles = tiles[np.abs(tiles[:, ::3, ::3].mean(axis=(1, 2)) - scene.soft) < 100].astype(np.float32)
        found.append(tiles[tiles.std(axis=(1, 2)) < 100])
    tiles = _levelled(np.concatenate(found)) if found else np.empty((0, TILE, TILE), np.float32)
    if len(tiles) < 20:
        return np.empty((0, TILE, TILE), np.float32)
    spread = tiles.std(axis=(1, 2))
    # Structure adds to the noise: the flattest fifth shows noise alone.
    return tiles[spread <= 1.15 * np.percentile(spread, 20)]


def _levelled(tiles: np.ndarray) -> np.ndarray:
    """Tiles without their least-squares plane."""
    slope = (np.arange(TILE) - (TILE - 1) / 2).astype(np.float32)
    square = TILE * float((slope * slope).sum())
    level = tiles - tiles.mean(axis=(1, 2), keepdims=True)
    along_j = (level * slope[:, None]).sum(axis=(1, 2)) / square
    along_i = (level * slope).sum(axis=(1, 2)) / square
    return level - along_j[:, None, None] * slope[:, None] - along_i[:, None, None] * slope


def kernel_from_noise(scene: ScanOverview, tiles: np.ndarray) -> tuple[Fact, tuple[RasterImage, ...]]:
    """Fact ``kernel_from_noise``: "smooth", "sharp" or "unknown", from the autocorrelation of the noise at one
    pixel."""
    evidence = _("pixels: autocorrelation of the noise in flat soft tissue")
    if scene.pixel_mm > MAX_PIXEL_MM + 1e-6:
        return Fact("kernel_from_noise", MISSING, _("pixels above 0.6 mm hide the kernel"), evidence), ()
    # Scans without noise (smoothed, simulated, segmented) say nothing about their kernel.
    if len(tiles) < 20 or tiles.std() < 1.0:
        return _unknown(evidence, pieces=len(tiles)), ()
    power = float((tiles * tiles).mean())
    lag = float((tiles[:, 1:] * tiles[:, :-1]).mean() + (tiles[:, :, 1:] * tiles[:, :, :-1]).mean()) / 2
    correlation = lag / power
    figures = {"autocorrelation": round(correlation, 2), "pieces": len(tiles)}
    if abs(correlation) < WHITE_NOISE_AUTOCORRELATION:
        return _unknown(evidence, **figures), ()
    # Half-way between the measured groups; within 0.05 of it the call is open to doubt.
    doubt = confidence_label(4.0 if abs(correlation - SHARP_BELOW) > 0.05 else 1.0)
    look = _("sharp") if correlation < SHARP_BELOW else _("smooth")
    fact = Fact("kernel_from_noise", look, "", evidence, parameters={**figures, "sure": doubt})
    return fact, (_noise(tiles, correlation, look),)


def _unknown(evidence: str, **figures: object) -> Fact:
    return Fact("kernel_from_noise", "unknown", "", evidence, parameters={**figures, "sure": "borderline"})


def _noise(tiles: np.ndarray, correlation: float, look: str) -> RasterImage:
    """The flattest pieces of tissue, enlarged."""
    chosen = tiles[np.argsort(tiles.std(axis=(1, 2)))[:18]]
    chosen = np.pad(chosen, ((0, -len(chosen) % 6), (1, 1), (1, 1)))
    sheet = chosen.reshape(-1, 6, TILE + 2, TILE + 2).transpose(0, 2, 1, 3).reshape(-1, 6 * (TILE + 2))
    reach = 2.5 * float(tiles.std())
    zoom = WIDTH // sheet.shape[1]
    large = apply_window(sheet, -reach, reach).repeat(zoom, axis=0).repeat(zoom, axis=1)
    text = _(
        "Noise in flat soft tissue, enlarged: neighbouring pixels agree by {correlation:.2f}, as "
        "after a {look} kernel (smooth ones leave about 0.6, sharp ones 0.2 to 0.37).",
        correlation=correlation,
        look=look,
    )
    return RasterImage("noise", text, text, large)


def contrast_to_noise_ratio(
    scene: ScanOverview, tiles: np.ndarray, mask: np.ndarray | None = None
) -> tuple[Fact, tuple[RasterImage, ...]]:
    """Fact ``contrast_to_noise``: median grey value of the anatomy less that of what surrounds it, over the noise.

    The anatomy is the largest bone, or `mask` (k, j, i) on the volume's own grid.
    """
    from scipy import ndimage

    evidence = _("pixels: anatomy against what surrounds it, over the noise in flat soft tissue")
    step = 1 if mask is not None else scene.bone_step
    part = scene.bone if mask is None else mask
    ks = np.flatnonzero(part.any(axis=(1, 2)))
    if len(ks) == 0 or len(tiles) < 20:
        return Fact("contrast_to_noise", MISSING, _("no bone beside flat soft tissue was found"), evidence), ()
    inner, outer = [], []
    fullest, shown = int(ks[part[ks].sum(axis=(1, 2)).argmax()]), None
    disc = ndimage.generate_binary_structure(2, 2)
    near, far = (max(1, round(mm / (scene.pixel_mm * step))) for mm in (1.0, 4.0))
    for k in sorted({*ks[:: max(1, len(ks) // SLICES)].tolist(), fullest}):
        plane = scene.volume.array[k, ::step, ::step]
        ring = ndimage.binary_dilation(part[k], disc, far) & ~ndimage.binary_dilation(part[k], disc, near)
        tissue = plane > scene.split
        inner.append(plane[part[k]])
        ring = ring & tissue & (plane < scene.bone_limit if mask is None else True)
        outer.append(plane[ring])
        if k == fullest:
            shown = overlay_mask(overlay_mask(apply_window(plane, -200, 900), part[k], RED), ring, YELLOW)
    within, around = np.concatenate(inner), np.concatenate(outer)
    noise = float(tiles.std())
    if len(around) < 50 or noise < 1e-3:
        return Fact("contrast_to_noise", MISSING, _("no soft tissue lies around the bone"), evidence), ()
    ratio = float(np.median(within) - np.median(around)) / noise
    figures = {
        "anatomy_hu": round(float(np.median(within))),
        "around_hu": round(float(np.median(around))),
        "noise_hu": round(noise, 1),
        "pieces": len(tiles),
        "sure": confidence_label(len(tiles) / 100.0),
    }
    assert shown is not None
    text = _(
        "The anatomy (red) reads {anatomy_hu} HU, what surrounds it (yellow) {around_hu} HU, the "
        "noise is {noise:.0f} HU.",
        anatomy_hu=figures["anatomy_hu"],
        around_hu=figures["around_hu"],
        noise=noise,
    )
    picture = resample_isotropic(shown, scene.volume.spacing[1], scene.volume.spacing[0])
    fact = Fact("contrast_to_noise", round(ratio, 1), "", evidence, parameters=figures)
    return fact, (RasterImage("contrast", text, text, picture),)


def air_peak_hu(scene: ScanOverview) -> tuple[Fact, tuple[RasterImage, ...]]:
    """Fact ``air_mode_hu``: the most frequent grey value of the air around the body."""
    evidence = _("pixels: mode of the air histogram")
    if scene.air is None:
        return Fact("air_mode_hu", MISSING, _("there is no air beside tissue in the picture"), evidence), ()
    array = scene.volume.array
    step = max(1, scene.body_step // 2)
    seen = array[:: max(1, len(array) // 64), ::step, ::step]
    values = seen[(seen < scene.split) & (seen != scene.padding if scene.padding is not None else True)]
    if len(values) < 500:
        return Fact("air_mode_hu", MISSING, _("there is too little air"), evidence), ()
    low, high = float(np.floor(values.min())), float(np.ceil(values.max()))
    counts, edges = np.histogram(values, bins=np.arange(low, high + 2) - 0.5)
    smooth = np.convolve(counts, np.ones(9), mode="same")
    mode = round(float((edges[:-1] + 0.5)[int(smooth.argmax())]))
    fact = Fact(
        "air_mode_hu",
        mode,
        "",
        evidence,
        parameters={
            "soft_tissue_hu": round(scene.soft or 0.0),
            "share": round(len(values) / seen.size, 3),
            "sure": confidence_label(len(values) / 5000.0),
        },
    )
    return fact, (_grey_values(seen, mode, scene.soft or 0.0),)


def _grey_values(seen: np.ndarray, mode: int, soft: float) -> RasterImage:
    """How often each grey value is met, from below air to above soft tissue; air and soft tissue marked."""
    low, high = min(mode, -1000) - 150, max(soft, 0.0) + 300
    counts, _unused = np.histogram(seen, bins=WIDTH, range=(low, high))
    heights = np.sqrt(counts / max(1, counts.max())) * 140
    bars = np.arange(150)[::-1, None] < heights
    picture = np.where(bars[..., None], np.uint8(90), np.uint8(255)).repeat(3, axis=2)
    for value, color in ((mode, RED), (-1000, YELLOW)):
        at = (value - low) / (high - low) * WIDTH
        picture = draw_line(picture, (0, at), (149, at), color)
    text = _(
        "Grey values from {low:.0f} to {high:.0f} HU and how often they are met (square root): air "
        "lies at {mode} HU (red); -1000 HU is right (yellow).",
        low=low,
        high=high,
        mode=mode,
    )
    return RasterImage("air", text, text, picture)
