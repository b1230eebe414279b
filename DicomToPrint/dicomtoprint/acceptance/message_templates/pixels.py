"""Sentences about how pixels are stored and what grey values mean."""

from collections.abc import Mapping

from .template import MessageTemplate, _

PIXELS: Mapping[str, MessageTemplate] = {
    "air_mode_hu": MessageTemplate(
        _("Grey value of air"),
        _("Air reads {value:.0f} HU; {limit[0]} to {limit[1]} is expected: was the intercept lost?"),
    ),
    "padding": MessageTemplate(_("Padding value"), ""),
    "burned_in": MessageTemplate(
        _("No burned-in text"),
        _("The images say that text is burned into them: it may name the patient."),
        _("images without burned-in text"),
    ),
    "samples_per_pixel": MessageTemplate(
        _("Samples per Pixel"), _("Samples per Pixel is {value}; 1 is needed."), _("grey images, not colour ones")
    ),
    "photometric": MessageTemplate(
        _("Photometric Interpretation"), _("The photometric interpretation is {value}; MONOCHROME2 is needed.")
    ),
    "bits_allocated": MessageTemplate(_("Bits Allocated"), _("Bits Allocated is {value}; 16 is needed.")),
    "bits_stored": MessageTemplate(_("Bits Stored"), _("Bits Stored is {value}; 16 or less is needed.")),
    "high_bit": MessageTemplate(_("High Bit"), _("High Bit is not Bits Stored less one.")),
    "pixel_representation": MessageTemplate(
        _("Pixel Representation"), _("Pixel Representation is {value}; 0 or 1 is needed.")
    ),
    "rescale": MessageTemplate(
        _("Rescale Slope and Intercept"), _("Rescale of stored values to grey values: {value}.")
    ),
    "rescale_variants": MessageTemplate(
        _("One rescale"), _("Slope and intercept take {value} values; each slice is rescaled by its own.")
    ),
    "pixel_element": MessageTemplate(_("Pixel Data"), _("The pixel data are {value} ({where}).")),
    "lossy": MessageTemplate(
        _("Never compressed with loss"),
        _("The images were compressed with loss (told by the {value})."),
        _("the images from the scanner, without lossy compression"),
    ),
    "window": MessageTemplate(_("Window presets"), _("The window presets cannot be offered: {value}.")),
}
