"""Files to series facts and voxels: folders, files, DICOMDIR and .zip; classic CT, Enhanced CT and X-Ray 3D
Craniofacial.
"""

from .geometry import Geometry, geometry
from .series import Column, ImageFile, Media, Series, Study, Unreadable
from .study import read_study
from .voxels import WindowPreset, read_image_volume, read_volume, windows

__all__ = [
    "Column",
    "Geometry",
    "ImageFile",
    "Media",
    "Series",
    "Study",
    "Unreadable",
    "WindowPreset",
    "geometry",
    "read_image_volume",
    "read_study",
    "read_volume",
    "windows",
]
