"""A picture that a report shows: a small raster image or a drawing, with the text for who cannot see it."""

from dataclasses import dataclass

import numpy as np

from .raster import RasterImage


@dataclass(frozen=True)
class ReportImage:
    """One picture: `media_type` is ``image/png`` or ``image/svg+xml``, `data` its bytes, `alt` its text alternative."""

    name: str
    caption: str
    alt: str
    media_type: str
    data: bytes


def png_image(name: str, caption: str, alt: str, pixels: np.ndarray) -> ReportImage:
    """PNG picture of an uint8 array: (rows, columns) grey or (rows, columns, 3) RGB, first row on top."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    flat = np.ascontiguousarray(pixels[::-1], dtype=np.uint8).reshape(-1, channels)
    image = vtk.vtkImageData()
    image.SetDimensions(pixels.shape[1], pixels.shape[0], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(flat, deep=True))
    writer = vtk.vtkPNGWriter()
    writer.SetWriteToMemory(True)
    writer.SetInputData(image)
    writer.Write()
    return ReportImage(name, caption, alt, "image/png", vtk_to_numpy(writer.GetResult()).tobytes())


def encode_png(image: RasterImage) -> ReportImage:
    """A raster image as a report shows it."""
    return png_image(image.name, image.caption, image.alt, image.pixels)


def svg_image(name: str, caption: str, alt: str, svg: str) -> ReportImage:
    """SVG picture of a complete ``<svg>`` element."""
    return ReportImage(name, caption, alt, "image/svg+xml", svg.encode("utf-8"))
