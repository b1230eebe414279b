"""Pictures of the scan for the report, from the evidence that acceptance hands on."""

from ..acceptance import SeriesAcceptance
from ..images.image import ReportImage, encode_png
from .slice_spacing_plot import slice_spacing_plot


def scan_images(accepted: SeriesAcceptance) -> tuple[ReportImage, ...]:
    """What the detectors marked, and the distances of the slices where a rule complains of them."""
    images = tuple(map(encode_png, accepted.pictures))
    return images if accepted.slice_spacing is None else (*images, slice_spacing_plot(accepted.slice_spacing))
