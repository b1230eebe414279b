"""Facts about where the slices lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...dicom import Series, SliceGeometry, compute_slice_geometry, phases
from ...dicom.attributes import parse_decimal_strings
from ...dicom.slice_geometry import SAME_PLACE_MM, median
from ...messages import _, join
from ...rules import Fact
from .image_type import is_cone_beam
from .registry import FactContext, missing_fact, not_applicable_fact, register_fact

MAX_TILT_DEGREES = 35.0  # no gantry tilts further
_IPP, _IOP = "Image Position (Patient)", "Image Orientation (Patient)"
# Sideways steps below this are rounding of decimal strings (two digits at worst), not a tilt of one slice.
_SIDEWAYS_RESOLUTION_MM = 0.02


def describe_slices(series: Series, placed: SliceGeometry, indices: np.ndarray) -> str:
    """Words for slices in the order in which they lie."""
    return series.names_of(placed.rows[indices])


def _places(placed: SliceGeometry, indices: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    return tuple(tuple(float(v) for v in placed.positions[index]) for index in indices[:20])  # type: ignore[misc]


@register_fact("slice_count")
def slice_count(series: Series, context: FactContext) -> Fact:
    """Slices or frames that have a place; localizers are not counted."""
    placed = compute_slice_geometry(series)
    return Fact("slice_count", 0 if placed is None else len(placed.rows), evidence=_IPP)


@register_fact("slices_without_place")
def slices_without_geometry(series: Series, context: FactContext) -> Fact:
    """Number of slices whose position or orientation is missing or no set of numbers."""
    positions, orientations = series.table("ImagePositionPatient", 3), series.table("ImageOrientationPatient", 6)
    lost = np.flatnonzero(np.isnan(positions).any(axis=1) | np.isnan(orientations).any(axis=1))
    return Fact(
        "slices_without_place",
        len(lost),
        series.names_of(lost) if len(lost) else "",
        _("{ipp}, {iop}", ipp=_IPP, iop=_IOP),
    )


@register_fact("slices_without_position")
def slices_without_position(series: Series, context: FactContext) -> Fact:
    """Number of slices without a position."""
    lost = np.flatnonzero(np.isnan(series.table("ImagePositionPatient", 3)).any(axis=1))
    return Fact("slices_without_position", len(lost), series.names_of(lost) if len(lost) else "", _IPP)


@register_fact("slices_without_orientation")
def slices_without_orientation(series: Series, context: FactContext) -> Fact:
    """Number of slices without an orientation."""
    lost = np.flatnonzero(np.isnan(series.table("ImageOrientationPatient", 6)).any(axis=1))
    return Fact("slices_without_orientation", len(lost), series.names_of(lost) if len(lost) else "", _IOP)


@register_fact("slice_spacing")
def slice_spacing(series: Series, context: FactContext) -> Fact:
    """Median distance of neighbouring slices along their normal, mm; never Slice Location or Spacing Between Slices."""
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.steps) == 0:
        return not_applicable_fact("slice_spacing")
    spacing = round(placed.median_step, 6)
    return Fact("slice_spacing", spacing, evidence=_IPP, parameters=_scanner_kind(series, context))


@register_fact("slice_thickness")
def slice_thickness(series: Series, context: FactContext) -> Fact:
    """Largest slice thickness, mm."""
    if compute_slice_geometry(series) is None:
        return not_applicable_fact("slice_thickness")
    thickness = series.table("SliceThickness", 1)[:, 0]
    lost = np.flatnonzero(~(thickness > 0))
    if len(lost) == len(thickness):
        return missing_fact("slice_thickness", evidence="Slice Thickness")
    largest = float(np.nanmax(thickness))
    worst = np.flatnonzero(thickness == largest)
    where = "" if len(worst) == len(thickness) else series.names_of(worst)
    return Fact("slice_thickness", largest, where, "Slice Thickness", parameters=_scanner_kind(series, context))


@register_fact("slices_without_thickness")
def slices_without_thickness(series: Series, context: FactContext) -> Fact:
    """Slices that state no thickness where others do."""
    if compute_slice_geometry(series) is None:
        return not_applicable_fact("slices_without_thickness")
    lost = np.flatnonzero(~(series.table("SliceThickness", 1)[:, 0] > 0))
    if len(lost) == len(series):
        return not_applicable_fact("slices_without_thickness")
    return Fact("slices_without_thickness", len(lost), series.names_of(lost) if len(lost) else "", "Slice Thickness")


def _gap_against(series: Series, name: str, choose: str) -> Fact:
    placed = compute_slice_geometry(series)
    thickness = series.table("SliceThickness", 1)[:, 0]
    thickness = thickness[thickness > 0]
    if placed is None or len(placed.steps) == 0 or len(thickness) == 0:
        return not_applicable_fact(name)
    spacing = placed.median_step
    against = float(thickness.min() if choose == "gap" else thickness.max())
    percent = 100.0 * (spacing / against - 1.0)
    return Fact(
        name, round(percent, 4), "", f"{_IPP}, Slice Thickness", parameters={"spacing": spacing, "thickness": against}
    )


@register_fact("gap_percent")
def gap_percent(series: Series, context: FactContext) -> Fact:
    """Median spacing above the thinnest slice's thickness, in percent of it; negative where slices overlap."""
    return _gap_against(series, "gap_percent", "gap")


@register_fact("overlap_percent")
def overlap_percent(series: Series, context: FactContext) -> Fact:
    """Median spacing below the thickest slice's thickness, in percent of it; negative where slices leave gaps."""
    found = _gap_against(series, "overlap_percent", "overlap")
    return replace(found, value=-found.value) if isinstance(found.value, float) else found


@register_fact("hole_ratio")
def max_gap_ratio(series: Series, context: FactContext) -> Fact:
    """Largest distance of neighbouring slices over the median one."""
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.steps) < 2:
        return not_applicable_fact("hole_ratio")
    median = placed.median_step
    ratios = placed.gaps / median
    order = np.argsort(-ratios)
    wide = order[ratios[order] > 1.5][:3]
    where = join(
        "; ",
        (
            _(
                "{gaps:.3f} mm between {describe_slices} and {describe_slices2}",
                gaps=placed.gaps[i],
                describe_slices=describe_slices(series, placed, np.array([i])),
                describe_slices2=describe_slices(series, placed, np.array([i + 1])),
            )
            for i in wide
        ),
    )
    return Fact(
        "hole_ratio",
        round(float(ratios.max()), 4),
        where,
        _IPP,
        places=_places(placed, wide),
        parameters={"gap": float(placed.gaps.max()), "median": median},
    )


@register_fact("gap_deviation")
def max_gap_deviation(series: Series, context: FactContext) -> Fact:
    """Largest departure of a gap from the median one, mm."""
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.steps) < 2:
        return not_applicable_fact("gap_deviation")
    deviations = np.where(placed.gaps >= SAME_PLACE_MM, np.abs(placed.gaps - placed.median_step), 0.0)
    worst = int(deviations.argmax())
    return Fact(
        "gap_deviation",
        round(float(deviations[worst]), 6),
        describe_slices(series, placed, np.array([worst, worst + 1])),
        _IPP,
    )


@register_fact("equidistance")
def gap_uniformity_error(series: Series, context: FactContext) -> Fact:
    """Largest departure of a gap from the mean one, mm; the mean, since a first gap as reference drifts."""
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.gaps) < 2:
        return not_applicable_fact("equidistance")
    deviations = np.abs(placed.gaps - placed.gaps.mean())
    worst = int(deviations.argmax())
    rounding = bool(deviations[worst] < 0.011 and _looks_rounded(series))
    return Fact(
        "equidistance",
        round(float(deviations[worst]), 7),
        describe_slices(series, placed, np.array([worst, worst + 1])),
        _IPP,
        parameters={"cause": "rounding" if rounding else "uneven"},
    )


def _looks_rounded(series: Series) -> bool:
    """True where positions are written with at most two digits after the point."""
    texts = (part for value in series.column("ImagePositionPatient").values for part in str(value).split("\\")[2:])
    return all(len(text.strip().partition(".")[2]) <= 2 for text in texts)


@register_fact("least_gap")
def min_slice_distance(series: Series, context: FactContext) -> Fact:
    """Smallest distance of neighbouring slices, mm."""
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.gaps) == 0:
        return not_applicable_fact("least_gap")
    same = np.flatnonzero(placed.gaps < SAME_PLACE_MM)
    return Fact(
        "least_gap",
        round(float(placed.gaps.min()), 6),
        describe_slices(series, placed, same) if len(same) else "",
        _IPP,
        places=_places(placed, same),
        parameters=_phase_parameters(series),
    )


def _phase_parameters(series: Series) -> dict[str, object]:
    """What the message says of phases that lie at the same places, and how to choose one."""
    found = phases(series)
    if not found:
        return {}
    names = [_("{--series:{series}}", series=phase.series.id) for phase in found]
    choices = join(", ", names[:4]) + (
        _(" and {names_count} more", names_count=len(names) - 4) if len(names) > 4 else ""
    )
    return {"kind": "phases", "count": len(found), "by": found[0].by, "choices": choices}


@register_fact("plane_angle")
def plane_angle(series: Series, context: FactContext) -> Fact:
    """Angle between the slice normal and the patient's long axis after the measured gantry tilt is taken away,
    degrees.

    Prone, decubitus and feet-first slices are axial. Of slices with several orientations the most axial one counts:
    the mix itself is another rule's matter.
    """
    placed = compute_slice_geometry(series)
    if placed is None:
        return not_applicable_fact("plane_angle")
    orientations = series.table("ImageOrientationPatient", 6)[placed.rows]
    normals = np.cross(orientations[:, :3], orientations[:, 3:])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    angle = _from_axis(normals).min()
    if placed.same_orientation and placed.shear_degrees > 0.1:
        along = float(_from_axis(placed.direction[None])[0])
        tilt_is_gantry = abs(placed.normal[0]) < 0.02 and placed.shear_degrees < MAX_TILT_DEGREES
        angle = min(angle, along) if tilt_is_gantry else angle
    return Fact("plane_angle", round(float(angle), 4), evidence=_IOP)


def _from_axis(vectors: np.ndarray) -> np.ndarray:
    """Angle to the z axis in degrees, accurate for small ones."""
    return np.degrees(np.arctan2(np.hypot(vectors[:, 0], vectors[:, 1]), np.abs(vectors[:, 2])))


@register_fact("shear_angle")
def shear_angle(series: Series, context: FactContext) -> Fact:
    """Angle between the slice normal and the way from slice to slice, degrees: over all slices, and at a single
    step.
    """
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.rows) < 2 or np.isnan(placed.shear_degrees):
        return not_applicable_fact("shear_angle")
    steps = np.diff(placed.positions, axis=0)
    along = np.abs(steps @ placed.normal)
    sideways = np.linalg.norm(steps - (steps @ placed.normal)[:, None] * placed.normal, axis=1)
    overall = np.radians(placed.shear_degrees)
    odd = (sideways > _SIDEWAYS_RESOLUTION_MM) & (
        np.abs(sideways - np.tan(min(overall, 1.5)) * along) > _SIDEWAYS_RESOLUTION_MM
    )
    single = np.degrees(np.arctan2(sideways, along))[odd]
    value = max(placed.shear_degrees, float(single.max()) if len(single) else 0.0)
    where = describe_slices(series, placed, np.flatnonzero(odd)) if len(single) and placed.shear_degrees < value else ""
    tag = np.abs(series.table("GantryDetectorTilt", 1)[:, 0])
    gantry = placed.same_orientation and abs(placed.normal[0]) < 0.02 and placed.shear_degrees < MAX_TILT_DEGREES
    kind = _("one slice") if where else _("gantry") if gantry else _("not a tilt")
    return Fact(
        "shear_angle",
        round(value, 4),
        where,
        _("{ipp}, {iop}", ipp=_IPP, iop=_IOP),
        parameters={"tag": float(np.nanmax(tag)) if not np.isnan(tag).all() else None, "kind": kind},
    )


@register_fact("orientation_error")
def orientation_error(series: Series, context: FactContext) -> Fact:
    """Largest departure of the direction cosines from unit length and a right angle."""
    known = series.table("ImageOrientationPatient", 6)
    known = known[~np.isnan(known).any(axis=1)]
    if len(known) == 0:
        return not_applicable_fact("orientation_error")
    rows, columns = known[:, :3], known[:, 3:]
    errors = np.concatenate(
        [
            np.abs(np.linalg.norm(rows, axis=1) - 1),
            np.abs(np.linalg.norm(columns, axis=1) - 1),
            np.abs((rows * columns).sum(axis=1)),
        ]
    )
    return Fact("orientation_error", round(float(errors.max()), 7), evidence=_IOP)


@register_fact("orientation_spread")
def max_orientation_difference(series: Series, context: FactContext) -> Fact:
    """Largest difference of a direction cosine between slices."""
    known = series.table("ImageOrientationPatient", 6)
    usable = np.flatnonzero(~np.isnan(known).any(axis=1))
    if len(usable) == 0:
        return not_applicable_fact("orientation_spread")
    differences = np.abs(known[usable] - median(known[usable])).max(axis=1)
    odd = usable[differences > 1e-4]
    full = np.abs(known[usable] - known[usable[0]]).max()
    return Fact("orientation_spread", round(float(full), 7), series.names_of(odd) if len(odd) else "", _IOP)


@register_fact("matrix_spread")
def distinct_matrix_count(series: Series, context: FactContext) -> Fact:
    """How many different matrices and pixel sizes (to 0.0001 mm) there are."""
    sizes = {
        (rows, columns, *(round(edge, 4) for edge in parse_decimal_strings(spacing)))
        for rows, columns, spacing in series.combinations("Rows", "Columns", "PixelSpacing")
        if parse_decimal_strings(spacing)
    }
    if not sizes:
        return not_applicable_fact("matrix_spread")
    return Fact("matrix_spread", len(sizes), evidence="Rows, Columns, Pixel Spacing")


@register_fact("anisotropy")
def anisotropy(series: Series, context: FactContext) -> Fact:
    """Longest over shortest edge of a voxel."""
    placed = compute_slice_geometry(series)
    spacing = series.table("PixelSpacing", 2)
    if placed is None or len(placed.gaps) == 0 or np.isnan(spacing).all() or not np.nanmin(spacing) > 0:
        return not_applicable_fact("anisotropy")
    edges = (float(median(placed.gaps)), float(np.nanmax(spacing)), float(np.nanmin(spacing)))
    return Fact("anisotropy", round(max(edges) / max(min(edges), 1e-6), 2), evidence=f"{_IPP}, Pixel Spacing")


@register_fact("pixel_size")
def pixel_size(series: Series, context: FactContext) -> Fact:
    """The larger edge of a pixel, mm; Imager Pixel Spacing is no substitute."""
    if compute_slice_geometry(series) is None:
        return not_applicable_fact("pixel_size")
    spacing = series.table("PixelSpacing", 2)
    if np.isnan(spacing).all():
        return missing_fact("pixel_size", evidence="Pixel Spacing")
    return Fact(
        "pixel_size", float(np.nanmax(spacing)), evidence="Pixel Spacing", parameters=_scanner_kind(series, context)
    )


def _scanner_kind(series: Series, context: FactContext) -> dict[str, object]:
    """A cone beam unit has voxels, no field of view and kernel to choose: what to ask for is said in its words."""
    return {"kind": _("cone beam")} if is_cone_beam(series, context) else {}


@register_fact("scale_error")
def fov_scale_error(series: Series, context: FactContext) -> Fact:
    """Difference between Reconstruction Diameter and a side of the image, in percent of the diameter; of an image that is
    not square the side that fits better counts.
    """
    diameter = series.table("ReconstructionDiameter", 1)[:, 0]
    spacing = series.table("PixelSpacing", 2)
    sides = np.stack([_whole_numbers(series, "Rows"), _whole_numbers(series, "Columns")], axis=1) * spacing
    better = np.nan_to_num(np.abs(sides - diameter[:, None]), nan=np.inf).argmin(axis=1)
    side = sides[np.arange(len(sides)), better]
    usable = (diameter > 0) & (sides > 0).all(axis=1)
    if not usable.any():
        return not_applicable_fact("scale_error")
    errors = 100.0 * np.abs(side[usable] / diameter[usable] - 1.0)
    at = int(errors.argmax())
    return Fact(
        "scale_error",
        round(float(errors[at]), 4),
        evidence="Reconstruction Diameter, Rows, Columns, Pixel Spacing",
        parameters={"stated": float(diameter[usable][at]), "found": float(side[usable][at])},
    )


def _whole_numbers(series: Series, keyword: str) -> np.ndarray:
    column = series.column(keyword)
    known = [value if isinstance(value, int) else np.nan for value in (*column.values, np.nan)]
    return np.array(known, dtype=float)[column.index]
