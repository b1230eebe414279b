"""Slices that are no pictures of their own: lost ones that hold nothing where the body goes on, and repeated ones."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from ...messages import _
from ...rules import MISSING, Fact
from .scan_overview import ScanOverview
from .slice_labels import format_slices, slice_center

# Part of the method: what part of the neighbours' body must be gone, and how many slices may be lost in a row.
LOST_SHARE, BODY_SHARE, MAX_RUN = 0.25, 0.25, 3
# Part of the method: two slices that differ by less than this share of what neighbours there do are one image, even where they are
# not equal to the last unit (compressed or rounded anew). In five real series the least share is 0.55, and 0.3 for two slices of an
# uneven one that lie much nearer to each other. Means of blocks of so many samples find the pair.
NEARLY_EQUAL, BLOCK = 0.2, 8


def blank_slices(scene: ScanOverview, numbers: tuple[int, ...]) -> Fact:
    """Fact ``blank_slices``: how many slices hold nothing, wholly or in part, where their neighbours show the body.

    Air above a head or between two parts of a body is no blank slice: it has noise, or the body ends little by little.
    """
    evidence = _("pixels: body in the slices on both sides")
    step = scene.body_step
    coarse = scene.volume.array[:, ::step, ::step]
    shown = coarse > scene.split
    areas = shown.sum(axis=(1, 2))
    if len(areas) < 3 or not areas.any():
        return Fact("blank_slices", MISSING, _("too few slices show the body"), evidence)
    usual = BODY_SHARE * float(np.median(areas[areas > 0]))
    found = {*_partly_lost(coarse, shown, areas, usual), *_wholly_lost(areas, usual, coarse)}
    return Fact(
        "blank_slices",
        len(found),
        format_slices(sorted(found), numbers),
        evidence,
        parameters={"sure": "clear"},
        places=tuple(slice_center(scene.volume, k) for k in sorted(found)[:20]),
    )


def _partly_lost(coarse: np.ndarray, shown: np.ndarray, areas: np.ndarray, usual: float) -> list[int]:
    """Slices that hold the scan's lowest value where both neighbours show the body."""
    lowest = coarse.min()
    lost = (coarse[1:-1] == lowest) & ~shown[1:-1] & shown[:-2] & shown[2:]
    around = np.minimum(areas[:-2], areas[2:])
    gone = (around >= usual) & (lost.sum(axis=(1, 2)) > LOST_SHARE * np.maximum(around, 1))
    return [int(k) + 1 for k in np.flatnonzero(gone)]


def _wholly_lost(areas: np.ndarray, usual: float, coarse: np.ndarray) -> list[int]:
    """Slices without body between slices full of it; at an end they must be of one value, for there a body may end."""
    empty = areas < 0.05 * usual / BODY_SHARE
    plain = coarse.min(axis=(1, 2)) == coarse.max(axis=(1, 2))
    found: list[int] = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]).astype(int)))
    for start, end in zip(edges[::2], edges[1::2]):
        before, after = start > 0, end < len(areas)
        full = [areas[at] >= usual for at, inside in ((start - 1, before), (end, after)) if inside]
        run = range(int(start), int(end))
        inner = before and after
        if full and all(full) and (plain[start:end].all() or (inner and len(run) <= MAX_RUN)):
            found += run
    return found


def repeated_slices(scene: ScanOverview, numbers: tuple[int, ...]) -> Fact:
    """Fact ``repeated_slices``: how many slices hold the very pixels of another, or nearly so.
    Noise makes that impossible in a scan.

    Slices of one value are left to `blank_slices`; a drawn object without noise repeats itself and is not judged.
    """
    evidence = _("pixels: equal slices")
    array = scene.volume.array
    hashes = [hashlib.blake2b(plane.tobytes(), digest_size=16).digest() for plane in array]
    plain = [plane.min() == plane.max() for plane in array[:, ::4, ::4]]
    counts = Counter(own for own, is_plain in zip(hashes, plain) if not is_plain)
    met: set[bytes] = set()
    found = []
    for k, own in enumerate(hashes):
        if counts[own] > 1 and own in met:
            found.append(k)
        met.add(own)
    found = sorted({*found, *_nearly_equal(scene)} - {k for k, is_plain in enumerate(plain) if is_plain})
    if found and len(found) > len(array) // 2:
        return Fact("repeated_slices", MISSING, _("the slices have no noise"), evidence)
    return Fact(
        "repeated_slices",
        len(found),
        format_slices(found, numbers),
        evidence,
        parameters={"sure": "clear"},
        places=tuple(slice_center(scene.volume, k) for k in found[:20]),
    )


def _nearly_equal(scene: ScanOverview) -> list[int]:
    """Slices that differ from an earlier one far less than neighbours do there, within the body.

    The earlier one is that with the most similar means of blocks, in which noise averages out.
    """
    step = scene.body_step
    coarse = scene.volume.array[:, ::step, ::step]
    if len(coarse) < 4:
        return []
    changes = np.array([_change(before, after, scene.split) for before, after in zip(coarse, coarse[1:])])
    blocks = coarse[:, : coarse.shape[1] // BLOCK * BLOCK, : coarse.shape[2] // BLOCK * BLOCK]
    rows = blocks.reshape(len(coarse), -1, BLOCK, blocks.shape[2] // BLOCK, BLOCK)
    means = rows.mean(axis=(2, 4), dtype=np.float32).reshape(len(coarse), -1)
    found = []
    for k in range(1, len(coarse)):
        around = changes[max(k - 4, 0) : k + 4]
        # Rounding alone makes a difference of one unit: below five there is too little noise to tell a copy from a neighbour.
        usual = float(np.median(around[np.isfinite(around)])) if np.isfinite(around).any() else 0.0
        nearest = int(np.argmin(np.abs(means[:k] - means[k]).sum(axis=1)))
        if usual >= 5.0 and _change(coarse[nearest], coarse[k], scene.split) < NEARLY_EQUAL * usual:
            found.append(k)
    return found


def _change(first: np.ndarray, second: np.ndarray, split: float) -> float:
    """Median difference of two slices where both show the body; NaN where that is too little to say."""
    body = (first > split) & (second > split)
    if np.count_nonzero(body) < 100:
        return float("nan")
    return float(np.median(np.abs(second[body].astype(np.float32) - first[body])))
