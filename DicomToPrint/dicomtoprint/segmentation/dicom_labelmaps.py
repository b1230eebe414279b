"""Given segmentations in DICOM: Segmentation and Label Map Segmentation objects (PS3.3 A.51)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..messages import _
from .labelmap_styles import LabelStyle

SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP_SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"


@dataclass(frozen=True)
class LabelArray:
    """Labels (k, j, i) uint16 with their place (4x4 index (i, j, k) to LPS mm), their styles, and whether segments overlapped."""

    labels: np.ndarray
    affine: np.ndarray
    styles: Mapping[int, LabelStyle]
    overlap: bool = False


def segment_labels(data: Any) -> LabelArray:
    """The labels of a DICOM Segmentation or Label Map Segmentation, frames at their positions (PS3.3 C.8.20). Fractional segments count
    from one half; of segments that overlap, the later one wins. Raises `InputError` for uneven slices, any error for a damaged object."""
    frames_of = _label_frames if str(data.SOPClassUID) == LABEL_MAP_SEGMENTATION_STORAGE else _segment_frames
    shared = data.SharedFunctionalGroupsSequence[0]
    frames = data.PerFrameFunctionalGroupsSequence
    measures = _macro(shared, frames[0], "PixelMeasuresSequence")
    orientation = np.asarray(
        _macro(shared, frames[0], "PlaneOrientationSequence").ImageOrientationPatient, dtype=np.float64
    )
    row, column = orientation[:3], orientation[3:]
    normal = np.cross(row, column)
    positions = np.array([f.PlanePositionSequence[0].ImagePositionPatient for f in frames], dtype=np.float64)
    depth = np.round(positions @ normal, 3)
    levels = np.unique(depth)
    gap = float(np.diff(levels).min()) if len(levels) > 1 else float(measures.get("SliceThickness", 1.0))
    places = np.rint((depth - levels[0]) / gap).astype(int)
    if np.abs(depth - levels[0] - places * gap).max() > 0.1 * gap:
        raise InputError(_("The DICOM segmentation has uneven slices: export it again, or as NRRD."))
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * float(measures.PixelSpacing[1]), column * float(measures.PixelSpacing[0])
    affine[:3, 2], affine[:3, 3] = normal * gap, positions[int(np.argmin(depth))]
    labels = np.zeros((places.max() + 1, data.Rows, data.Columns), dtype=np.uint16)
    overlap = False
    for place, plane in zip(places, frames_of(data, shared, frames)):
        hit = plane > 0
        overlap |= bool((labels[place][hit] != 0).any() and (labels[place][hit] != plane[hit]).any())
        labels[place][hit] = plane[hit]
    styles = {
        int(s.SegmentNumber): LabelStyle(
            f"segment-{s.SegmentNumber}",
            str(s.get("SegmentLabel", f"Segment {s.SegmentNumber}")),
            _color_of(s),
            _codes_of(s),
        )
        for s in data.SegmentSequence
    }
    return LabelArray(labels, affine, styles, overlap)


def _segment_frames(data: Any, shared: Any, frames: Any) -> Iterator[np.ndarray]:
    """Each frame of a Segmentation holds one segment: its number where the segment is, else 0."""
    pixels = np.asarray(data.pixel_array).reshape(len(frames), data.Rows, data.Columns)
    half = float(data.get("MaximumFractionalValue", 1)) / 2 if data.SegmentationType == "FRACTIONAL" else 0.5
    for frame, plane in zip(frames, pixels):
        number = int(_macro(shared, frame, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        yield np.where(plane >= half, number, 0).astype(np.uint16)


def _label_frames(data: Any, shared: Any, frames: Any) -> Iterator[np.ndarray]:
    """Each frame of a Label Map Segmentation holds segment numbers; the padding value and what no segment names are background."""
    pixels = np.asarray(data.pixel_array).reshape(len(frames), data.Rows, data.Columns)
    named = np.array([int(s.SegmentNumber) for s in data.SegmentSequence])
    padding = int(data.get("PixelPaddingValue", 0) or 0)
    for plane in pixels:
        yield np.where(np.isin(plane, named) & (plane != padding), plane, 0).astype(np.uint16)


def _macro(shared: Any, frame: Any, name: str) -> Any:
    return (frame[name] if name in frame else shared[name]).value[0]


def _color_of(segment: Any) -> tuple[float, float, float]:
    """RGB in 0..1 of the recommended CIELab value, a bone colour where there is none."""
    value = segment.get("RecommendedDisplayCIELabValue")
    if value is None:
        return (0.9, 0.8, 0.6)
    light, a, b = value[0] / 65535 * 100, value[1] / 65535 * 255 - 128, value[2] / 65535 * 255 - 128
    y = (light + 16) / 116
    f = np.array([y + a / 500, y, y - b / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * (0.9505, 1.0, 1.089)
    linear = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]) @ xyz
    linear = np.clip(linear, 0.0, 1.0)
    red, green, blue = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return (float(red), float(green), float(blue))


def _codes_of(segment: Any) -> dict[str, dict[str, str]]:
    found = {}
    for key, name in (
        ("category", "SegmentedPropertyCategoryCodeSequence"),
        ("type", "SegmentedPropertyTypeCodeSequence"),
    ):
        item = segment.get(name)
        if item:
            found[key] = {
                "scheme": str(item[0].CodingSchemeDesignator),
                "code": str(item[0].get("CodeValue", "")),
                "meaning": str(item[0].CodeMeaning),
            }
    return found
