"""An analytic CT with known volumes, distances and walls: sample data for users, ground truth for tests.

`phantom_volume` renders it in memory, `write_phantom` as classic CT DICOM files, `signed_distance` says how far a
point is from the bone. Defects (tilt, motion, metal, cut field of view, ...) are keyword arguments. All lengths are
LPS mm.
"""

from .ct_files import write_phantom
from .layout import Truth, boundary_distance, object_distances, signed_distance
from .making import phantom_volume

__all__ = ["Truth", "boundary_distance", "object_distances", "phantom_volume", "signed_distance", "write_phantom"]
