"""An analytic CT with known volumes, distances and walls: sample data for users, ground truth for tests.

`make_phantom_volume` renders it in memory, `write_phantom_dicom` as classic CT DICOM files, `signed_distance` says how far
a point is from the bone. Defects (tilt, motion, metal, cut field of view, ...) are keyword arguments, the fields of
`PhantomScan`. All lengths are LPS mm.
"""

from .dicom_writer import write_phantom_dicom
from .geometry import GroundTruth, boundary_distance, object_distances, signed_distance
from .volume import PhantomScan, make_phantom_volume

__all__ = [
    "GroundTruth",
    "PhantomScan",
    "boundary_distance",
    "make_phantom_volume",
    "object_distances",
    "signed_distance",
    "write_phantom_dicom",
]
