"""Sentences about matrix, spacing and geometry of the slices."""

from collections.abc import Mapping

from .template import MessageTemplate, _

SLICES: Mapping[str, MessageTemplate] = {
    "slices_without_place": MessageTemplate(
        _("Slice positions"),
        _("{value} slices have no position or orientation ({where})."),
        one=_("One slice has no position or orientation ({where})."),
    ),
    "slice_count": MessageTemplate(
        _("Number of slices"),
        _("The series has {value} slices; a volume needs {limit} or more."),
        _("all slices of the thin series"),
        _("The series has one slice; a volume needs {limit} or more."),
    ),
    "least_gap": MessageTemplate(
        _("Distinct positions"),
        _("Several slices lie at the same position ({where})."),
        _("each phase or reconstruction as a series of its own"),
    ),
    "hole_ratio": MessageTemplate(
        _("No missing slices"),
        _("A gap of {gap:.3f} mm against {median:.3f} mm elsewhere: slices are missing ({where})."),
        _("all slices of the series"),
    ),
    "orientation_spread": MessageTemplate(
        _("One orientation"), _("Slices have different orientations ({where})."), _("the original axial series alone")
    ),
    "matrix_spread": MessageTemplate(
        _("One matrix and pixel size"),
        _("The series mixes {value} matrices or pixel sizes."),
        _("the original axial series alone"),
    ),
    "scale_error": MessageTemplate(
        _("Scale"),
        _(
            "The stated field of view ({stated:g} mm) and the pixels ({found:.1f} mm) differ by {value:.1f} %: "
            "the print may have the wrong size."
        ),
        _("the images as reconstructed, not resampled"),
    ),
    "rows": MessageTemplate(_("Rows"), _("The number of rows is 0 or differs between slices.")),
    "columns": MessageTemplate(_("Columns"), _("The number of columns is 0 or differs between slices.")),
    "pixel_spacing": MessageTemplate(_("Pixel Spacing"), _("Pixel Spacing is {value} ({where}).")),
    "slices_without_position": MessageTemplate(
        _("Image Position (Patient)"),
        _("{value} slices have no position ({where})."),
        one=_("One slice has no position ({where})."),
    ),
    "slices_without_orientation": MessageTemplate(
        _("Image Orientation (Patient)"),
        _("{value} slices have no orientation ({where})."),
        one=_("One slice has no orientation ({where})."),
    ),
    "anisotropy": MessageTemplate(
        _("Voxel shape"), _("The longest voxel edge is {value} times the shortest: expect steps on the surface.")
    ),
    "slice_thickness": MessageTemplate(
        _("Slice thickness"),
        _("Slices are {value:g} mm thick; at most {limit:g} mm is allowed."),
        _("slices of {limit:g} mm or thinner, spaced as thick as they are"),
    ),
    "slices_without_thickness": MessageTemplate(
        _("Slice thickness on all slices"),
        _("{value} slices do not state their thickness ({where})."),
        one=_("One slice does not state its thickness ({where})."),
    ),
    "slice_spacing": MessageTemplate(
        _("Slice spacing"),
        _("Slices lie {value:.4g} mm apart; at most {limit:g} mm is allowed."),
        _("slices spaced {limit:g} mm or closer"),
    ),
    "gap_percent": MessageTemplate(
        _("No gaps between slices"),
        _("Slices lie {spacing:.3f} mm apart but are {thickness:g} mm thick: tissue between them was not imaged."),
        _("spacing equal to thickness"),
    ),
    "overlap_percent": MessageTemplate(
        _("Spacing equal to thickness"),
        _("Slices lie {spacing:.3f} mm apart and are {thickness:g} mm thick: they overlap."),
    ),
    "gap_deviation": MessageTemplate(
        _("Even slices"),
        _("Gaps between slices differ by up to {value:.3f} mm ({where})."),
        _("the series as reconstructed, not edited"),
    ),
    "plane_angle": MessageTemplate(
        _("Original scanning plane"),
        _("Slices lie {value:.1f} degrees off the axial plane: they are reformatted."),
        _("the original axial series"),
    ),
    "tilt_tag": MessageTemplate(
        _("Gantry tilt as stated"),
        _("The gantry was tilted by {value:g} degrees; 0 is needed."),
        _("a scan without gantry tilt"),
    ),
    "shear_angle": MessageTemplate(
        _("Gantry tilt as measured"),
        _("The slices are sheared by {value:.2f} degrees, measured from their positions; 0 is needed."),
        _("a scan without gantry tilt"),
    ),
    "tilt_taken_out": MessageTemplate(
        _("Tilt not taken out"),
        _("A gantry tilt was taken out of the images afterwards ({value})."),
        _("the images as acquired"),
    ),
    "tilt_taken_out_degrees": MessageTemplate(
        _("Tilt not taken out, by its padding"),
        _("The padding lies at {value:.2f} degrees: a gantry tilt was taken out of the images."),
        _("the images as acquired"),
    ),
    "pixel_size": MessageTemplate(
        _("Pixel size"),
        _("Pixels are {value:g} mm; at most {limit:g} mm is allowed."),
        _("a field of view of {dfov:.0f} mm or less at 512 pixels"),
    ),
    "equidistance": MessageTemplate(
        _("Equidistant slices"),
        _(
            "Slice distances differ from their mean by up to {value:.4f} mm; {limit:g} mm is allowed ({cause}, "
            "{where})."
        ),
        _("the positions as the scanner wrote them, not rounded or edited"),
    ),
    "orientation_error": MessageTemplate(
        _("Right-angled grid"), _("Row and column directions are off unit length or a right angle by {value:.4f}.")
    ),
}
