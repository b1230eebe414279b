"""Sentences about how pixels are stored and what grey values mean."""

from collections.abc import Mapping

from ...messages import _
from .template import MessageTemplate

PIXELS: Mapping[str, MessageTemplate] = {
    "air_mode_hu": MessageTemplate(
        _("Grey value of air"),
        _(
            "Air reads {value:.4g} HU; {limit[0]} to {limit[1]} is expected, as Rescale Intercept (0028,1052) sets it: is it right?"
        ),
    ),
    "padding": MessageTemplate(_("Padding value"), ""),
    "burned_in": MessageTemplate(
        _("No burned-in text"),
        _("The images say that text is burned into them: it may name the patient."),
        _("images without burned-in text"),
    ),
    "samples_per_pixel": MessageTemplate(
        _("Samples per Pixel"),
        _("Samples per Pixel (0028,0002) is {value}; 1 is needed."),
        _("grey images, not colour ones"),
    ),
    "photometric": MessageTemplate(
        _("Photometric Interpretation"), _("Photometric Interpretation (0028,0004) is {value}; MONOCHROME2 is needed.")
    ),
    "bits_allocated": MessageTemplate(_("Bits Allocated"), _("Bits Allocated (0028,0100) is {value}; 16 is needed.")),
    "bits_stored": MessageTemplate(_("Bits Stored"), _("Bits Stored (0028,0101) is {value}; 16 or less is needed.")),
    "high_bit": MessageTemplate(
        _("High Bit"), _("High Bit (0028,0102) must be Bits Stored (0028,0101) less one, and is not.")
    ),
    "pixel_representation": MessageTemplate(
        _("Pixel Representation"), _("Pixel Representation (0028,0103) is {value}; 0 or 1 is needed.")
    ),
    "rescale": MessageTemplate(
        _("Rescale Slope and Intercept"), _("Rescale of stored values to grey values: {value}.")
    ),
    "rescale_variants": MessageTemplate(
        _("One rescale"),
        _(
            "Rescale Slope and Intercept (0028,1053), (0028,1052) take {value} values; each slice is rescaled by its own."
        ),
    ),
    "pixel_element": MessageTemplate(_("Pixel Data"), _("The pixel data are {value} ({where}).")),
    "lossy": MessageTemplate(
        _("Never compressed with loss"),
        _("The images were compressed with loss (told by the {value})."),
        _("the images from the scanner, without lossy compression"),
    ),
    "window": MessageTemplate(_("Window presets"), _("The window presets cannot be offered: {value}.")),
    "tissue_above_air_hu": MessageTemplate(
        _("Grey values of soft tissue and air"),
        _(
            "Soft tissue reads {tissue} HU and air {air} HU, {value:.0f} HU apart; {limit[0]:g} to {limit[1]:g} is "
            "expected: are Rescale Slope and Intercept (0028,1053), (0028,1052) right?"
        ),
        _("the images with the grey values as the scanner wrote them"),
    ),
    "blank_slices": MessageTemplate(
        _("No lost slices"),
        _(
            "{value} slices hold no picture, or a part of one, where the body goes on ({where}): are these the slices as scanned?"
        ),
        _("all slices of the series"),
        _(
            "One slice holds no picture, or a part of one, where the body goes on ({where}): are these the slices as scanned?"
        ),
    ),
    "repeated_slices": MessageTemplate(
        _("No repeated slices"),
        _("{value} slices hold the same picture as another ({where}): are these the slices as scanned?"),
        _("all slices of the series"),
        _("One slice holds the same picture as another ({where}): are these the slices as scanned?"),
    ),
    "noise_hu": MessageTemplate(
        _("Noise"),
        _("The noise is {value:.4g} HU; {limit:g} HU or less is expected: can the anatomy be told from it?"),
        _("a smoother kernel or thicker slices, up to the limit"),
    ),
    "pixels_judged": MessageTemplate(
        _("Pixels judged"),
        _("The pixels were not judged ({where})."),
    ),
}
