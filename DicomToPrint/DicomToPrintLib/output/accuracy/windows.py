"""Blocks of voxels around points of a surface: they stand in `measure/`, where the surface needs them too."""

from ...measure.windows import SurfacePoints, Windows, points_on, windows_at

__all__ = ["SurfacePoints", "Windows", "points_on", "windows_at"]
