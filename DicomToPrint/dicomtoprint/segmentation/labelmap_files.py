"""Given segmentations read from files: label maps in NIfTI and NRRD (Slicer's own too), and DICOM SEG."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..pydicom_logging import suppress_pydicom_output
from ..volume import affine_from_sitk
from ..voxel_components import label_voxel_counts
from .types import Segment, Segmentation

HUE_STEP = 0.381966


def read_labelmap(path: Path) -> Segmentation:
    """Labels of a NIfTI, NRRD (`.seg.nrrd` with names and colours) or DICOM SEG file, at their true place, without
    grey values.

    Where segments overlap, the later one wins and a note says so. Raises `InputError` in one sentence where the file
    is no
    segmentation or holds no labelled voxel.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path.name} was not found: give a NIfTI, NRRD or DICOM SEG file.")
    found = _read_dicom(path) if _is_dicom(path) else _read_image(path)
    if not found.segments:
        raise InputError(f"{path.name} holds no labelled voxel: choose another segmentation.")
    return found


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        raise InputError(f"{path.name} cannot be opened: check its rights.") from None


def _read_image(path: Path) -> Segmentation:
    import SimpleITK as sitk

    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError:
        raise InputError(
            f"{path.name} cannot be read as a segmentation: give a NIfTI, NRRD or DICOM SEG file."
        ) from None
    if image.GetDimension() != 3:
        raise InputError(f"{path.name} has {image.GetDimension()} dimensions: give one label map of three.")
    affine = affine_from_sitk(image)
    facts = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}
    array = sitk.GetArrayFromImage(image)
    layers = [array] if array.ndim == 3 else [array[..., layer] for layer in range(array.shape[-1])]
    named = _named_in_nrrd(facts, path.name)
    labels, overlap = np.zeros(layers[0].shape, dtype=np.uint16), False
    for number, layer in enumerate(layers):
        whole = _whole_numbers(layer, path.name)
        if len(layers) == 1 and not named:
            labels = whole
            break
        wanted = {v: n for n, (where, v, *_rest) in enumerate(named, start=1) if where == number} or {1: number + 1}
        for value, label in wanted.items():
            hit = whole == value
            overlap |= bool(labels[hit].any())
            labels[hit] = label
    looks: dict[int, Any] = {
        n: (identity, name, color, {}) for n, (_, _, identity, name, color) in enumerate(named, start=1)
    }
    notes = ("Segments of the file overlap: where they do, the later one was taken.",) if overlap else ()
    return Segmentation(None, affine, labels, None, _segments(labels, affine, looks), notes)


def _whole_numbers(layer: np.ndarray, name: str) -> np.ndarray:
    """Labels as uint16; refuses grey values and probabilities."""
    low, high = layer.min(), layer.max()
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > np.iinfo(np.uint16).max:
        raise InputError(
            f"{name} holds values from {low:g} to {high:g}, so it is no label map: choose the "
            "segmentation, not the scan."
        )
    whole = layer.astype(np.uint16)
    if layer.dtype.kind == "f" and not np.array_equal(whole, layer):
        raise InputError(f"{name} holds fractions, so it is no label map: export the segmentation as labels.")
    if np.count_nonzero(label_voxel_counts(whole)) > 1000:
        raise InputError(
            f"{name} holds more than 1000 different values, so it is no label map: choose the "
            "segmentation, not the scan."
        )
    return whole


def _named_in_nrrd(
    facts: Mapping[str, str], file: str
) -> "list[tuple[int, int, str, str, tuple[float, float, float]]]":
    """(layer, value, id, name, colour) of each segment that a Slicer segmentation file names.

    Raises `InputError` for an entry of the header that does not hold the numbers it must.
    """

    def numbers(entry: str, absent: str, count: int, kind: type[int] | type[float], wanted: str) -> list[float]:
        text = facts.get(f"Segment{number}_{entry}", absent)
        try:
            values = [kind(part) for part in text.split()]
        except ValueError:
            values = []
        if len(values) != count or not all(abs(value) < 1e9 for value in values):
            raise InputError(
                f"{file} has '{text}' for Segment{number}_{entry}, which must be {wanted}: write the segmentation again."
            )
        return list(values)

    found = []
    number = 0
    while f"Segment{number}_Name" in facts:
        red, green, blue = numbers("Color", "0.8 0.6 0.5", 3, float, "three numbers")
        found.append(
            (
                int(numbers("Layer", "0", 1, int, "a whole number")[0]),
                int(numbers("LabelValue", str(number + 1), 1, int, "a whole number")[0]),
                facts.get(f"Segment{number}_ID", f"segment-{number + 1}"),
                facts[f"Segment{number}_Name"],
                (red, green, blue),
            )
        )
        number += 1
    return found


def _segments(labels: np.ndarray, affine: np.ndarray, looks: Mapping[int, Any]) -> tuple[Segment, ...]:
    import colorsys

    voxel = float(abs(np.linalg.det(affine[:3, :3])))
    segments = []
    for label, count in enumerate(label_voxel_counts(labels)):
        if label == 0 or count == 0:
            continue
        color = colorsys.hsv_to_rgb((0.1 + HUE_STEP * (label - 1)) % 1.0, 0.45, 0.92)
        identity, name, color, codes = looks.get(label, (f"label-{label}", f"Label {label}", color, {}))
        segments.append(Segment(identity, label, name, color, None, codes, float(count) * voxel))
    return tuple(segments)


@suppress_pydicom_output()
def _read_dicom(path: Path) -> Segmentation:
    import pydicom

    try:
        data = pydicom.dcmread(path)
        if str(data.get("SOPClassUID", "")) != "1.2.840.10008.5.1.4.1.1.66.4":
            raise InputError(f"{path.name} is a DICOM object, but no segmentation: give a DICOM SEG file.")
        return _from_seg(data)
    except InputError:
        raise
    except Exception as error:  # a damaged file fails anywhere in the parser; the sentence names the file
        raise InputError(
            f"{path.name} is damaged or of a kind of DICOM segmentation that cannot be read ({type(error).__name__}): "
            "export it again, or as NRRD."
        ) from None


def _from_seg(data: Any) -> Segmentation:
    """Frames of a DICOM SEG put at their positions (PS3.3 C.8.20). Fractional segments count from one half."""
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
        raise InputError("The DICOM segmentation has uneven slices: export it again, or as NRRD.")
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * float(measures.PixelSpacing[1]), column * float(measures.PixelSpacing[0])
    affine[:3, 2], affine[:3, 3] = normal * gap, positions[int(np.argmin(depth))]
    pixels = np.asarray(data.pixel_array).reshape(len(frames), data.Rows, data.Columns)
    half = float(data.get("MaximumFractionalValue", 1)) / 2 if data.SegmentationType == "FRACTIONAL" else 0.5
    labels = np.zeros((places.max() + 1, data.Rows, data.Columns), dtype=np.uint16)
    overlap = False
    for frame, place, plane in zip(frames, places, pixels):
        number = int(_macro(shared, frame, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        hit = plane >= half
        overlap |= bool(labels[place][hit & (labels[place] != number)].any())
        labels[place][hit] = number
    looks = {
        int(s.SegmentNumber): (
            f"segment-{s.SegmentNumber}",
            str(s.get("SegmentLabel", f"Segment {s.SegmentNumber}")),
            _color_of(s),
            _codes_of(s),
        )
        for s in data.SegmentSequence
    }
    notes = ("Segments of the file overlap: where they do, the later one was taken.",) if overlap else ()
    return Segmentation(None, affine, labels, None, _segments(labels, affine, looks), notes)


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
