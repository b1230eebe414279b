"""Sentences about matrix, spacing and geometry of the slices."""

from collections.abc import Mapping

from ...messages import _
from .template import MessageTemplate

SLICES: Mapping[str, MessageTemplate] = {
    "slices_without_place": MessageTemplate(
        _("Slice positions"),
        _("{value} slices have no position or orientation, (0020,0032) and (0020,0037) ({where}); each needs both."),
        one=_("One slice has no position or orientation, (0020,0032) and (0020,0037) ({where}); each needs both."),
    ),
    "slice_count": MessageTemplate(
        _("Number of slices"),
        _("The series has {value} slices; a volume needs {limit} or more."),
        _("all slices of the thin series"),
        _("The series has one slice; a volume needs {limit} or more."),
    ),
    "least_gap": MessageTemplate(
        _("Distinct positions"),
        _("Several slices lie at the same position ({where}); each place must be there once."),
        _("each phase or reconstruction as a series of its own"),
    ),
    "hole_ratio": MessageTemplate(
        _("No missing slices"),
        _("Slices are missing: {where}, where {median:.3f} mm is usual; all are needed."),
        _("all slices of the series"),
    ),
    "orientation_spread": MessageTemplate(
        _("One orientation"),
        _("Slices have different orientations ({where}); one is needed."),
        _("the original axial series alone"),
    ),
    "matrix_spread": MessageTemplate(
        _("One matrix and pixel size"),
        _(
            "The series mixes {value} sizes of matrix or pixel, Rows (0028,0010), Columns (0028,0011), "
            "Pixel Spacing (0028,0030); one is needed."
        ),
        _("the original axial series alone"),
    ),
    "scale_error": MessageTemplate(
        _("Scale"),
        _(
            "The stated field of view, Reconstruction Diameter (0018,1100), is {stated:g} mm, that of the pixels {found:.1f} mm: "
            "{value:.3g} % apart, at most {limit:g} % is allowed. Is the pixel size right, and with it the size of the print?"
        ),
        _("the images as reconstructed, not resampled"),
    ),
    "rows": MessageTemplate(
        _("Rows"), _("Rows (0028,0010) is 0 or not the same in all slices; one number above 0 is needed.")
    ),
    "columns": MessageTemplate(
        _("Columns"), _("Columns (0028,0011) is 0 or not the same in all slices; one number above 0 is needed.")
    ),
    "pixel_spacing": MessageTemplate(_("Pixel Spacing"), _("Pixel Spacing is {value} ({where}).")),
    "slices_without_position": MessageTemplate(
        _("Image Position (Patient)"),
        _("{value} slices have no position, Image Position (0020,0032) ({where}); each needs one."),
        one=_("One slice has no position, Image Position (0020,0032) ({where}); each needs one."),
    ),
    "slices_without_orientation": MessageTemplate(
        _("Image Orientation (Patient)"),
        _("{value} slices have no orientation, Image Orientation (0020,0037) ({where}); each needs one."),
        one=_("One slice has no orientation, Image Orientation (0020,0037) ({where}); each needs one."),
    ),
    "anisotropy": MessageTemplate(
        _("Voxel shape"),
        _("The longest voxel edge is {value} times the shortest, more than {limit:g}: expect steps on the surface."),
    ),
    "slice_thickness": MessageTemplate(
        _("Slice thickness"),
        _("Slices are {value:g} mm thick; at most {limit:g} mm is allowed."),
        _("slices of {limit:g} mm or thinner, spaced as thick as they are"),
    ),
    "slices_without_thickness": MessageTemplate(
        _("Slice thickness on all slices"),
        _("{value} slices do not state their thickness (0018,0050) ({where}): is it that of the others?"),
        one=_("One slice does not state its thickness (0018,0050) ({where}): is it that of the others?"),
    ),
    "slice_spacing": MessageTemplate(
        _("Slice spacing"),
        _("Slices lie {value:.6g} mm apart; at most {limit:g} mm is allowed."),
        _("slices spaced {limit:g} mm or closer"),
    ),
    "gap_percent": MessageTemplate(
        _("No gaps between slices"),
        _(
            "Slices lie {spacing:.3f} mm apart but are {thickness:g} mm thick: the tissue in the gaps was not imaged; at most "
            "{limit:g} % more than the thickness is allowed."
        ),
        _("spacing equal to thickness"),
    ),
    "overlap_percent": MessageTemplate(
        _("Spacing equal to thickness"),
        _(
            "Slices lie {spacing:.3f} mm apart and are {thickness:g} mm thick: they overlap by more than {limit:g} %; "
            "spacing equal to thickness is expected."
        ),
    ),
    "gap_deviation": MessageTemplate(
        _("Even slices"),
        _("Gaps between slices differ by up to {value:.3g} mm ({where}); at most {limit:g} mm is expected."),
        _("the series as reconstructed, not edited"),
    ),
    "plane_angle": MessageTemplate(
        _("Original scanning plane"),
        _("Slices lie {value:.3g} degrees off the axial plane, at most {limit:g} is allowed: they are reformatted."),
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
            "Slice distances differ from their mean by up to {value:.3g} mm; {limit:g} mm is allowed ({cause}, "
            "{where})."
        ),
        _("the positions as the scanner wrote them, not rounded or edited"),
    ),
    "orientation_error": MessageTemplate(
        _("Right-angled grid"),
        _(
            "Image Orientation (0020,0037): rows and columns are off unit length or a right angle by {value:.3g}; at most "
            "{limit:g} is allowed."
        ),
    ),
}
