"""Between voxels and surfaces: point spread function, patches of voxels, distance of a surface from the scan."""

from .psf import PointSpreadFunction, estimate_psf

__all__ = ["PointSpreadFunction", "estimate_psf"]
