"""Files to series facts and voxels: folders, files, DICOMDIR and .zip; classic CT, Enhanced CT and X-Ray 3D
Craniofacial.
"""

from .phases import Phase, phases
from .pixel_volume import WindowPreset, read_image_volume, read_volume, window_presets
from .series import AttributeColumn, DicomDirStatus, ImageFile, Series, Study, UnreadableFile
from .slice_geometry import SliceGeometry, compute_slice_geometry
from .study_reader import read_study

__all__ = [
    "AttributeColumn",
    "DicomDirStatus",
    "ImageFile",
    "Phase",
    "Series",
    "SliceGeometry",
    "Study",
    "UnreadableFile",
    "WindowPreset",
    "compute_slice_geometry",
    "phases",
    "read_image_volume",
    "read_study",
    "read_volume",
    "window_presets",
]
