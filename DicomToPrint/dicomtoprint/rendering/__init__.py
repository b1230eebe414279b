"""Pictures for the report: slices with the contour, views of the model, scalar maps on its surface."""

from .finding_views import render_finding_views
from .model_views import ModelViews, render_model_views
from .plate_views import render_plate
from .scalar_maps import ScalarMap, deviation_map, print_map, provenance_map, wall_map
from .slice_contours import render_slice_contours
from .thumbnail import render_thumbnail

__all__ = [
    "ModelViews",
    "ScalarMap",
    "deviation_map",
    "print_map",
    "provenance_map",
    "render_finding_views",
    "render_model_views",
    "render_plate",
    "render_slice_contours",
    "render_thumbnail",
    "wall_map",
]
