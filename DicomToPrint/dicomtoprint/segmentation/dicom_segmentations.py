"""Given segmentations in DICOM of any kind: which object a file holds, and how its labels are read."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from ..messages import _
from ..pydicom_logging import suppress_pydicom_output
from ..volume import Volume
from .dicom_labelmaps import LABEL_MAP_SEGMENTATION_STORAGE, SEGMENTATION_STORAGE, LabelArray, segment_labels
from .structure_sets import STRUCTURE_SET_STORAGE, structure_set_labels


@suppress_pydicom_output()
def read_dicom_segmentation(
    path: Path, wanted: Sequence[str] = (), scan: Volume | None = None
) -> tuple[LabelArray, tuple[str, ...]]:
    """The labels of a DICOM Segmentation, Label Map Segmentation or RT Structure Set, and notes; `wanted` and `scan` are for the last.

    Raises `InputError` in one sentence for any other object, a damaged file, uneven slices, or contours that cannot be filled.
    """
    import pydicom

    try:
        data = pydicom.dcmread(path)
        kind = str(data.get("SOPClassUID", ""))
        if kind == STRUCTURE_SET_STORAGE:
            return structure_set_labels(data, path.name, wanted, scan)
        if kind not in (SEGMENTATION_STORAGE, LABEL_MAP_SEGMENTATION_STORAGE):
            raise InputError(
                _(
                    "{path} is a DICOM object, but no segmentation: give a DICOM SEG or RT Structure Set file.",
                    path=path.name,
                )
            )
        return segment_labels(data), ()
    except InputError:
        raise
    except Exception as error:  # a damaged file fails anywhere in the parser; the sentence names the file
        raise InputError(
            _(
                "{path} is damaged or of a kind of DICOM segmentation that cannot be read ({kind}): export "
                "it again, or as NRRD.",
                path=path.name,
                kind=type(error).__name__,
            )
        ) from None
