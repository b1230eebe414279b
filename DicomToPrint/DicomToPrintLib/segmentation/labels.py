"""Given segmentations (TotalSegmentator, a segmentation node, an expert): read, and joined with the grey values."""

from pathlib import Path

import numpy as np

from ..errors import CannotRead, Refused
from ..progress import Progress, silent
from ..volume import Volume
from .anatomy import Anatomy
from .result import Segment, Segmentation


def read_segmentation(path: Path) -> Segmentation:
    """Label map of a NIfTI, NRRD or DICOM SEG file, without grey values. Raises `CannotRead` in one sentence."""
    import SimpleITK as sitk

    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError:
        raise CannotRead(f"{Path(path).name} cannot be read as a segmentation: give a NIfTI, NRRD or DICOM SEG file.") from None
    labels = sitk.GetArrayFromImage(image)
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * np.asarray(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    voxel = float(abs(np.linalg.det(affine[:3, :3])))
    values, counts = np.unique(labels, return_counts=True)
    segments = tuple(Segment(f"label-{v}", int(v), f"Label {v}", (0.9, 0.8, 0.6), None, {}, float(n) * voxel)
                     for v, n in zip(values, counts) if v > 0)
    if not segments:
        raise Refused(f"{Path(path).name} holds no labelled voxel: choose another segmentation.")
    return Segmentation(None, affine, labels.astype(np.uint16), None, segments)


def from_labels(labels: Segmentation, volume: Volume | None, anatomy: Anatomy, progress: Progress = silent) -> Segmentation:
    """A given segmentation with its grey values, ready for the surface."""
    if volume is None:
        return labels
    return Segmentation(volume, labels.affine, labels.labels, labels.provenance, labels.segments, labels.notes)
