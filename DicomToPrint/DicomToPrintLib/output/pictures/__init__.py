"""Pictures for the report: slices with the contour, views of the model, maps on its surface, plots."""

from .maps import SurfaceMap, deviation_map, provenance_map, wall_map
from .places import finding_pictures
from .plots import gap_plot
from .slices import contour_pictures
from .thumbnail import thumbnail
from .views import ModelPictures, draw_model

__all__ = [
    "ModelPictures",
    "SurfaceMap",
    "contour_pictures",
    "deviation_map",
    "draw_model",
    "finding_pictures",
    "gap_plot",
    "provenance_map",
    "thumbnail",
    "wall_map",
]
