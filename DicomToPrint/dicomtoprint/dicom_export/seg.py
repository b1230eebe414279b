"""The segmentation as DICOM SEG, by highdicom."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..errors import MissingDependencyError, OutputError, RefusedError
from ..io.atomic import AtomicOutputSet, sha256_of, translate_os_errors
from ..io.mesh.export import WrittenFile
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..pydicom_logging import suppress_pydicom_output
from .source_headers import derived_uid

_BONE = {"category": ("123037004", "SCT", "Anatomical Structure"), "type": ("272673000", "SCT", "Bone")}
# Segmentation algorithm families, CID 7162.
_BY_HAND, _BY_EDGES = ("123109", "DCM", "Manual Processing"), ("123103", "DCM", "Edge Detection")


@suppress_pydicom_output()
def write_dicom_seg(
    labels: np.ndarray,
    affine: np.ndarray,
    segments: Sequence[Any],
    folder: Path,
    stem: str,
    headers: Sequence[Any],
    *,
    progress: ProgressCallback = no_progress,
) -> WrittenFile:
    """Writes ``<stem>.seg.dcm``: binary segments of `labels` (k, j, i) on the source images' own planes.

    `segments` have ``label``, ``name`` and ``terminology`` (``category`` and ``type`` as (value, scheme, meaning),
    bone where absent). `headers` are the classic CT headers of the series in any order; the labels are matched to
    them by position, so that their grid must be that of the images. This file holds patient data. Raises
    `MissingDependencyError` without highdicom, `RefusedError` where the labels lie on another grid, `OutputError`.
    """
    try:
        import highdicom
    except ImportError:
        raise MissingDependencyError(
            _("DICOM SEG needs the package highdicom, which is not installed: install it, or leave the format out.")
        ) from None
    ordered, planes = _on_planes(labels, affine, headers)
    progress(0.3, _("writing DICOM SEG"))
    used = [segment for segment in segments if np.any(labels == segment.label)]
    if not used:
        raise OutputError(
            _("The segmentation is empty, so there is no DICOM SEG to write: choose another threshold or preset.")
        )
    mask = np.zeros(planes.shape, dtype=np.uint8)
    for number, segment in enumerate(used, start=1):
        mask[planes == segment.label] = number
    identity = derived_uid("seg", str(ordered[0].get("SeriesInstanceUID", "")), str(array_sha256(mask)))
    found = highdicom.seg.Segmentation(
        source_images=list(ordered),
        pixel_array=mask,
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_description(highdicom, number, segment) for number, segment in enumerate(used, start=1)],
        series_instance_uid=derived_uid("seg series", identity),
        series_number=9002,
        sop_instance_uid=identity,
        instance_number=1,
        manufacturer="DicomToPrint",
        manufacturer_model_name="DicomToPrint",
        software_versions=__version__,
        device_serial_number="0",
        series_description="Segmentation (DicomToPrint)",
        omit_empty_frames=True,
    )
    with AtomicOutputSet(folder) as outputs:
        path = outputs.temporary(f"{stem}.seg.dcm")
        with translate_os_errors(f"{stem}.seg.dcm"):
            found.save_as(path, enforce_file_format=True)
        _check(path, mask)
        (final,) = outputs.publish()
    progress(1.0, _("DICOM SEG written"))
    return WrittenFile(final, "dicom-seg", sha256_of(final), final.stat().st_size, payload_sha256=array_sha256(mask))


def array_sha256(array: np.ndarray) -> str:
    """Hexadecimal SHA-256 of an array's bytes."""
    import hashlib

    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _on_planes(labels: np.ndarray, affine: np.ndarray, headers: Sequence[Any]) -> tuple[list[Any], np.ndarray]:
    """The headers in the order of the labels' slices, matched by position; the labels of these slices."""
    refused = RefusedError(
        _(
            "The segmentation does not lie on the planes of the source images, so no DICOM SEG was "
            "written: leave the format out."
        )
    )
    try:
        positions = np.array([[float(v) for v in header.ImagePositionPatient] for header in headers])
        sizes = {(int(header.Rows), int(header.Columns)) for header in headers}
        row, column = np.array([float(v) for v in headers[0].ImageOrientationPatient]).reshape(2, 3)
        down, across = (float(v) for v in headers[0].PixelSpacing)
    except (AttributeError, TypeError, ValueError):
        raise refused from None
    if (
        sizes != {labels.shape[1:]}
        or np.abs(affine[:3, 0] - row * across).max() > 1e-3
        or np.abs(affine[:3, 1] - column * down).max() > 1e-3
    ):
        raise refused
    ordered, kept = [], []
    for k in range(labels.shape[0]):
        origin = affine[:3, 3] + k * affine[:3, 2]
        distances = np.linalg.norm(positions - origin, axis=1)
        nearest = int(np.argmin(distances))
        if distances[nearest] > 0.01:
            raise refused
        ordered.append(headers[nearest])
        kept.append(labels[k])
    return ordered, np.stack(kept)


def _description(highdicom: Any, number: int, segment: Any) -> Any:
    terms = getattr(segment, "terminology", None) or {}
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=str(segment.name)[:64],
        segmented_property_category=_code(highdicom, terms, "category"),
        segmented_property_type=_code(highdicom, terms, "type"),
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name="DicomToPrint",
            family=highdicom.sr.CodedConcept(*(_BY_HAND if getattr(segment, "boundary", None) is None else _BY_EDGES)),
            version=__version__,
        ),
    )


def _code(highdicom: Any, terms: Mapping[str, Any], role: str) -> Any:
    given = terms.get(role)
    if isinstance(given, Mapping):
        given = (given.get("value") or given.get("code"), given.get("scheme"), given.get("meaning"))
    value, scheme, meaning = given if given and all(given) else _BONE[role]
    return highdicom.sr.CodedConcept(str(value), str(scheme), str(meaning))


def _check(path: Path, mask: np.ndarray) -> None:
    import pydicom

    try:
        found = pydicom.dcmread(path).pixel_array
    except Exception:
        raise OutputError(_("The DICOM SEG did not read back: write it again to another folder.")) from None
    if int(np.count_nonzero(found)) != int(np.count_nonzero(mask)):
        raise OutputError(_("The DICOM SEG read back with other voxels: write it again to another folder."))
