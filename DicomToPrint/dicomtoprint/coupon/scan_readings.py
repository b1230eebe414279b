"""What a surface scan of a printed plate shows of its features: the map says where they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .form import FeatureReading

STANDING = (
    "wall-held",
    "wall-free",
    "pin",
    "raised",
    "overhang",
    "bridge",
)  # a scan that does not show them shows that they are gone
NEAR_MM = 0.05  # around a feature's box
FACING = 0.9  # cosine from which a face looks along an axis


@dataclass(frozen=True)
class PlateSurface:
    """Points of the drawn plate (n, 3) mm in its own axes, with unit normals (n, 3), areas (n,) mm2, and `values` (n,) mm: how far outside
    the printed surface lies there, scale apart; nan where the scan shows nothing."""

    points: np.ndarray
    normals: np.ndarray
    areas: np.ndarray
    values: np.ndarray


def readings_from_scan(
    coupon: Mapping[str, Any], surface: PlateSurface, tolerance_mm: float, held_share: float, seen_share: float
) -> tuple[FeatureReading, ...]:
    """A reading of every feature that is asked for.

    A feature holds where `held_share` of its seen area lies within `tolerance_mm`, and its thickness, where both sides are seen, does too.
    Of what stands on the plate less than `seen_share` seen means that it is not there; of slots, holes and engraved letters, that nobody
    knows.
    """
    found = []
    for feature in coupon["features"]:
        if not feature["asked"]:
            continue
        own = _own(feature, surface, coupon["plate_mm"][2])
        seen = own & np.isfinite(surface.values)
        share = _share(surface.areas, seen, own)
        measured = _thickness(feature, surface, seen) if feature["measured"] else None
        if share < seen_share:
            found.append(FeatureReading(feature["name"], None, False if feature["kind"] in STANDING else None))
            continue
        within = seen & (np.abs(np.nan_to_num(surface.values, nan=np.inf)) <= tolerance_mm)
        found.append(FeatureReading(feature["name"], measured, _share(surface.areas, within, seen) >= held_share))
    return tuple(found)


def absent_blocks(
    coupon: Mapping[str, Any], surface: PlateSurface, tolerance_mm: float, seen_share: float
) -> tuple[str, ...]:
    """Names of blocks and the sphere of whose surface the scan does not show `seen_share` where the map has it: then it is of another
    plate, or lies wrong."""
    absent = []
    for feature in coupon["features"]:
        if feature["asked"]:
            continue
        own = _own(feature, surface, coupon["plate_mm"][2])
        near = own & (np.abs(np.nan_to_num(surface.values, nan=np.inf)) <= tolerance_mm)
        if _share(surface.areas, near, own) < seen_share:
            absent.append(str(feature["name"]))
    return tuple(absent)


def _share(areas: np.ndarray, part: np.ndarray, whole: np.ndarray) -> float:
    return float(areas[part].sum() / max(float(areas[whole].sum()), 1e-12))


def _own(feature: Mapping[str, Any], surface: PlateSurface, plate_top: float) -> np.ndarray:
    """(n,) bool: points of the feature itself, without the face of the plate beside it."""
    box = np.array(feature["box_mm"])
    inside = ((surface.points >= box[:3] - NEAR_MM) & (surface.points <= box[3:] + NEAR_MM)).all(axis=1)
    flat = np.abs(surface.points[:, 2] - plate_top) < NEAR_MM
    result: np.ndarray = inside & ~(flat & (surface.normals[:, 2] > FACING))
    if feature["kind"] in ("hole", "gap"):
        result &= np.abs(surface.normals[:, 2]) < 1.0 - FACING
    return result


def _thickness(feature: Mapping[str, Any], surface: PlateSurface, seen: np.ndarray) -> float | None:
    """Thickness of a wall along x or diameter of a pin, from what both of its sides differ by; None where one is not seen."""
    sides = [seen & (sign * surface.normals[:, 0] > FACING) for sign in (-1.0, 1.0)]
    if not all(side.any() for side in sides):
        return None
    return float(feature["nominal"]) + sum(float(np.median(surface.values[side])) for side in sides)
