"""Given segmentations as contours: DICOM RT Structure Sets (PS3.3 A.19), filled in the planes they were drawn in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..messages import _, join
from ..volume import Volume
from .dicom_labelmaps import LabelArray
from .labelmap_styles import Color, LabelStyle

STRUCTURE_SET_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"
FILLED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
PARALLEL = 0.9998  # cosine of one degree: planes of one scan
SAME_PLANE_MM = 0.02
PIXEL_MM = 0.5  # where no scan says how fine its pixels are
OVERLAP_NOTE = _("Structures overlap: where they do, the smaller one was taken.")
LARGEST_MM = 5000.0
MOST_VOXELS = 1 << 31


@dataclass(frozen=True)
class _Region:
    """One structure: its name and look, its frame of reference, and its closed contours (n, 3) LPS mm with their kinds."""

    style: LabelStyle
    frame_uid: str
    is_outline: bool
    contours: tuple[np.ndarray, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class _Planes:
    """The planes that the contours lie in: axes (3, 3) as rows u, v, normal, unit length; steps in mm along u and v; a voxel's middle
    (3,) that the grid goes through; the thickness of a plane that is alone, in mm."""

    axes: np.ndarray
    steps: tuple[float, float]
    origin: np.ndarray
    thickness: float


def structure_set_labels(
    data: Any, file: str, wanted: Sequence[str], scan: Volume | None
) -> tuple[LabelArray, tuple[str, ...]]:
    """The structures of a structure set as labels, and notes.

    Contours of one plane are filled by even and odd: one inside another is a hole, as is the inside of a keyhole; those that only
    overlap are joined, CLOSEDPLANAR_XOR ones excluded (C.8.8.6.3). A plane stands for half the distance to the next at either side.
    Where structures overlap, the smaller one wins.

    Parameters
    ----------
    data
        The pydicom dataset.
    file
        Its name, for sentences.
    wanted
        Names of the structures that are wanted; empty: all but the outline of the body.
    scan
        The scan that it belongs to: its pixels and, where it tells, its frame of reference. None: pixels of 0.5 mm.

    Raises
    ------
    InputError
        In one sentence for contours of another frame of reference or not in parallel planes, and where there is none to fill.
    """
    regions, notes = _regions(data)
    if scan is not None:
        notes += _require_same_frame(data, regions, file, scan)
    regions, left_out = _chosen(regions, wanted)
    if left_out:
        notes.append(
            _("The outline of the body ({left_out}) was left out: ask for it with {--labels}.", left_out=left_out)
        )
    if not regions:
        raise InputError(
            _(
                "{file} holds no closed contour: choose a structure set with contours, or export it as labels.",
                file=file,
            )
        )
    planes = _planes_of(regions, file, scan)
    labels, affine, more = _fill(regions, planes, file)
    styles = {number: region.style for number, region in enumerate(regions, start=1)}
    return LabelArray(labels, affine, styles), (*notes, *more)


def _regions(data: Any) -> tuple[list[_Region], list[str]]:
    """The structures with closed contours, and what of them is no area."""
    contours = {int(item.ReferencedROINumber): item for item in data.get("ROIContourSequence", ())}
    kinds = {
        int(item.ReferencedROINumber): str(item.get("RTROIInterpretedType", "")).upper()
        for item in data.get("RTROIObservationsSequence", ())
    }
    found, skipped = [], []
    for order, roi in enumerate(data.get("StructureSetROISequence", ()), start=1):
        number = int(roi.ROINumber)
        name = str(roi.get("ROIName", "")).strip() or _("Structure {number}", number=number)
        drawn = list(_contours(contours.get(number)))
        usable = [(points, kind) for points, kind in drawn if kind in FILLED and len(points) >= 3]
        if len(usable) < len(drawn):
            skipped.append(name)
        if usable:
            style = LabelStyle(f"roi-{order}", name, _color(contours[number]))
            frame = str(roi.get("ReferencedFrameOfReferenceUID", "") or "")
            found.append(_Region(style, frame, kinds.get(number) == "EXTERNAL", *map(tuple, zip(*usable))))
    notes = (
        [_("Points and open lines are no area and were left out: {skipped}.", skipped=join(", ", skipped[:10]))]
        if skipped
        else []
    )
    return found, notes


def _contours(item: Any) -> Iterator[tuple[np.ndarray, str]]:
    """(n, 3) float64 points and kind of every contour of a structure. Raises ValueError for data that are no points of a patient."""
    for contour in (item.get("ContourSequence", ()) if item is not None else ()) or ():
        values = np.array([float(v) for v in contour.get("ContourData", ()) or ()], dtype=np.float64)
        if len(values) % 3 or not np.isfinite(values).all() or (len(values) and np.abs(values).max() > LARGEST_MM):
            raise ValueError("contour data")
        yield values.reshape(-1, 3), str(contour.get("ContourGeometricType", "")).upper()


def _color(item: Any) -> Color | None:
    try:
        red, green, blue = (min(max(int(v), 0), 255) / 255.0 for v in item.get("ROIDisplayColor", ()))
    except (TypeError, ValueError):
        return None
    return (red, green, blue)


def _require_same_frame(data: Any, regions: Sequence[_Region], file: str, scan: Volume) -> list[str]:
    """Notes on what was not checked. Raises `InputError` where the contours were drawn in another frame of reference."""
    frames = {region.frame_uid for region in regions if region.frame_uid}
    if not frames or not scan.frame_uid:
        return [
            _(
                "Neither scan nor structure set say both in which frame of reference they lie: compare the "
                "contours with the slices."
            )
        ]
    if frames != {scan.frame_uid}:
        raise InputError(
            _(
                "{file} was drawn in another frame of reference than that of this scan: give the structure "
                "set of this scan.",
                file=file,
            )
        )
    series = set(_referenced_series(data))
    if series and scan.series_uid and scan.series_uid not in series:
        return [
            _("The contours were drawn on another series of the same frame of reference: compare them with the slices.")
        ]
    return []


def _referenced_series(data: Any) -> Iterator[str]:
    for frame in data.get("ReferencedFrameOfReferenceSequence", ()) or ():
        for study in frame.get("RTReferencedStudySequence", ()) or ():
            for series in study.get("RTReferencedSeriesSequence", ()) or ():
                yield str(series.get("SeriesInstanceUID", ""))


def _chosen(regions: Sequence[_Region], wanted: Sequence[str]) -> tuple[list[_Region], str]:
    """The structures to fill, so that one that nobody wants covers none; and the name of an outline that was left out."""

    def plain(text: str) -> str:
        return text.strip().casefold().replace("_", " ")

    names = {plain(part) for text in wanted for part in (text, *text.split(","))}
    named = [region for region in regions if plain(region.style.name) in names]
    if named:
        return named, ""
    inner = [region for region in regions if not region.is_outline]
    outline = join(", ", (region.style.name for region in regions if region.is_outline))
    return (inner, outline) if inner else (list(regions), "")


def _planes_of(regions: Sequence[_Region], file: str, scan: Volume | None) -> _Planes:
    """The planes of the contours; the scan's own pixels where they lie in its slices."""
    normals = [normal for region in regions for points in region.contours if (normal := _normal(points)) is not None]
    if not normals:
        raise InputError(_("{file} holds no contour with an area: choose another structure set.", file=file))
    normal = normals[0]
    if min(abs(float(normal @ other)) for other in normals) < PARALLEL:
        raise InputError(
            _("The contours of {file} do not lie in parallel planes: export the structures as labels.", file=file)
        )
    for region in regions:
        if any(np.ptp(points @ normal) > 0.5 for points in region.contours):
            raise InputError(
                _(
                    "Contours of {style} in {file} are not flat: export the structures as labels.",
                    style=region.style.name,
                    file=file,
                )
            )
    if scan is not None and (own := _scan_planes(scan, normal)) is not None:
        return own
    step = PIXEL_MM if scan is None else min(scan.spacing)
    u = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    u /= np.linalg.norm(u)
    return _Planes(np.stack([u, np.cross(normal, u), normal]), (step, step), regions[0].contours[0][0], step)


def _scan_planes(scan: Volume, normal: np.ndarray) -> _Planes | None:
    """The scan's own slices where `normal` stands on them; None where no two of its axes span such planes."""
    directions = (scan.affine[:3, :3] / np.asarray(scan.spacing)).T
    across = int(np.argmax(np.abs(directions @ normal)))
    first, second = (n for n in range(3) if n != across)
    u, v = directions[first], directions[second]
    if max(abs(float(u @ normal)), abs(float(v @ normal))) > 0.02 or abs(float(u @ v)) > 1e-3:
        return None
    axes = np.stack([u, v, np.cross(u, v)])
    return _Planes(axes, (scan.spacing[first], scan.spacing[second]), scan.affine[:3, 3], scan.spacing[across])


def _normal(points: np.ndarray) -> np.ndarray | None:
    """(3,) unit normal of a closed contour by Newell's sum, which needs no convex shape; None where it has no area."""
    moved = points - points.mean(axis=0)
    total = np.cross(moved, np.roll(moved, -1, axis=0)).sum(axis=0)
    length = float(np.linalg.norm(total))
    return total / length if length > 1e-6 else None


def _fill(regions: Sequence[_Region], planes: _Planes, file: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Labels (k, j, i) uint16 on a grid in the planes, its affine, and notes; the largest are filled first, an empty plane
    lies at either end."""
    steps = np.array([*planes.steps, 1.0])
    placed = [[((points - planes.origin) @ planes.axes.T) / steps for points in region.contours] for region in regions]
    depths = [_levels(np.array([points[:, 2].mean() for points in contours])) for contours in placed]
    gaps = [_gap(levels) for levels in depths]
    every = _levels(np.concatenate(depths))
    gap = min((value for value in (_gap(every), *gaps) if value), default=planes.thickness)
    low = np.floor(np.min([points[:, :2].min(axis=0) for contours in placed for points in contours], axis=0)) - 1
    high = np.ceil(np.max([points[:, :2].max(axis=0) for contours in placed for points in contours], axis=0)) + 1
    count = int(np.rint((every[-1] - every[0]) / gap)) + 1
    shape = (count + 2, *(int(n) + 1 for n in (high - low)[::-1]))
    if np.prod(shape, dtype=float) > MOST_VOXELS:
        raise InputError(
            _(
                "The contours of {file} span too much to be filled: choose fewer structures, or export them as labels.",
                file=file,
            )
        )
    labels, overlap, notes = np.zeros(shape, dtype=np.uint16), False, []
    sizes = [sum(_area(points) for points in contours) * (own or gap) for contours, own in zip(placed, gaps)]
    for number in np.argsort(-np.array(sizes), kind="stable"):
        reach = 0.5 * (gaps[number] or gap)
        for depth, box, mask in _drawn(regions[number], placed[number], depths[number], low):
            first = int(np.ceil((depth - reach - every[0]) / gap - 1e-3))
            last = int(np.ceil((depth + reach - every[0]) / gap - 1e-3))
            middle = int(np.rint((depth - every[0]) / gap))
            for place in sorted({middle, *range(max(first, 0), min(last, count))}):
                plane = labels[place + 1][box]
                overlap |= bool(((plane[mask] != 0) & (plane[mask] != number + 1)).any())
                plane[mask] = number + 1
        if gaps[number] and np.diff(depths[number]).max(initial=0.0) > 1.5 * gaps[number]:
            open_mm = np.diff(depths[number]).max()
            notes.append(
                _(
                    "{style} has no contour over {open_mm:.1f} mm between two planes: it is open there.",
                    style=regions[number].style.name,
                    open_mm=open_mm,
                )
            )
    affine = np.eye(4)
    affine[:3, :3] = planes.axes.T * np.array([*planes.steps, gap])
    affine[:3, 3] = planes.origin + planes.axes.T @ np.array([*(low * steps[:2]), every[0] - gap])
    left = np.unique(labels)
    lost = [region.style.name for number, region in enumerate(regions, start=1) if number not in left]
    if lost:
        notes.append(
            _("Smaller than the scan's pixels, or covered by others, and so lost: {lost}.", lost=join(", ", lost[:10]))
        )
    if overlap:
        notes.append(OVERLAP_NOTE)
    return labels, affine, notes


def _levels(depths: np.ndarray) -> np.ndarray:
    """Sorted depths, those of one plane taken once."""
    ordered = np.sort(depths)
    return ordered[np.concatenate([[True], np.diff(ordered) > SAME_PLANE_MM])]


def _gap(levels: np.ndarray) -> float:
    """The usual distance of planes; 0 where there is one."""
    return float(np.median(np.diff(levels))) if len(levels) > 1 else 0.0


def _area(points: np.ndarray) -> float:
    """Area of a closed polygon (n, 2 or more), as if it crossed itself nowhere."""
    x, y = points[:, 0] - points[0, 0], points[:, 1] - points[0, 1]
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def _drawn(
    region: _Region, contours: Sequence[np.ndarray], levels: np.ndarray, low: np.ndarray
) -> Iterator[tuple[float, tuple[slice, slice], np.ndarray]]:
    """Of each plane of a structure its depth, the box (rows, columns) around its contours, and the filled pixels in it, bool."""
    by_plane: dict[int, list[tuple[np.ndarray, str]]] = {}
    for points, kind in zip(contours, region.kinds):
        level = int(np.argmin(np.abs(levels - points[:, 2].mean())))
        by_plane.setdefault(level, []).append((points[:, :2] - low, kind))
    for level, parts in by_plane.items():
        every = np.concatenate([points for points, _kind in parts])
        start, end = np.floor(every.min(axis=0)).astype(int), np.ceil(every.max(axis=0)).astype(int) + 1
        shape = (int(end[1] - start[1]), int(end[0] - start[0]))
        filled = _together([(filled_polygon(points - start, shape), kind) for points, kind in parts])
        yield float(levels[level]), (slice(start[1], end[1]), slice(start[0], end[0])), filled


def _together(parts: Sequence[tuple[np.ndarray, str]]) -> np.ndarray:
    """The contours of one plane: XOR for those that say so; else one inside what is filled is a hole, others are joined."""
    filled = np.zeros_like(parts[0][0])
    for mask, kind in sorted(parts, key=lambda part: -int(part[0].sum())):
        inside = bool(mask.any()) and bool(filled[mask].all())
        filled = filled ^ mask if kind == "CLOSEDPLANAR_XOR" or inside else filled | mask
    return filled


def filled_polygon(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(rows, columns) bool: middles of pixels inside a closed polygon by even and odd; `points` (n, 2) column, row in pixels."""
    flips = np.zeros((shape[0], shape[1] + 1), dtype=bool)
    rows = np.arange(shape[0])
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0)):
        if y0 == y1:
            continue
        low, high = np.searchsorted(rows, sorted((y0, y1)))
        crossed = rows[low:high]
        at = np.ceil(x0 + (crossed - y0) * (x1 - x0) / (y1 - y0)).astype(np.int64)
        np.logical_xor.at(flips, (crossed, np.clip(at, 0, shape[1])), True)
    return np.logical_xor.accumulate(flips, axis=1)[:, :-1]
