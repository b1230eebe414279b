"""Sentences about what the files are, and whether they belong together."""

from collections.abc import Mapping

from ...messages import _
from .template import MessageTemplate

FILES: Mapping[str, MessageTemplate] = {
    "unreadable_files": MessageTemplate(
        _("Readable files"),
        _("{value} files of the series cannot be read ({where})."),
        one=_("One file of the series cannot be read ({where})."),
    ),
    "files_without_preamble": MessageTemplate(
        _("DICOM file format"),
        _("{value} files do not begin as a DICOM file does, with a preamble and DICM ({where}); each must."),
        one=_("One file does not begin as a DICOM file does, with a preamble and DICM ({where}); each must."),
    ),
    "wrong_syntax_files": MessageTemplate(
        _("Encoding as declared"),
        _("{value} files are encoded otherwise than Transfer Syntax UID (0002,0010) says ({where})."),
        one=_("One file is encoded otherwise than Transfer Syntax UID (0002,0010) says ({where})."),
    ),
    "truncated_files": MessageTemplate(
        _("Whole files"),
        _("{value} files are cut off, or their pixels are not as many as their headers say ({where})."),
        one=_("One file is cut off, or its pixels are not as many as its header says ({where})."),
    ),
    "instance_uids": MessageTemplate(_("Instance identifiers"), _("Instance identifiers: {value} ({where}).")),
    "patients": MessageTemplate(_("One patient"), _("The series holds images of {value} patients; one is needed.")),
    "frames_of_reference": MessageTemplate(
        _("One frame of reference"),
        _("The slices lie in {value} frames of reference: the patient may have moved between them."),
    ),
    "localizers": MessageTemplate(
        _("Localizers apart"), _("Localizer images: {value} ({where})."), _("the axial series without its localizer")
    ),
    "mixed_types": MessageTemplate(
        _("One kind of image"),
        _("The series mixes {value} combinations of Image Type (0008,0008) and kernel (0018,1210); one is expected."),
    ),
    "volumetric": MessageTemplate(
        _("Volumetric properties"),
        _("The frames are declared {value}: they do not sample the volume as it is."),
        _("the original volume"),
    ),
    "frame_count": MessageTemplate(_("Number of frames"), _("The number of frames {value}.")),
    "concatenation": MessageTemplate(
        _("All parts of the object"),
        _("The object is split in parts and {value}."),
        _("all parts of the multi-frame object"),
    ),
    "sop_class": MessageTemplate(
        _("Object"), _("The objects are no CT that can be imported ({value})."), _("the original CT images")
    ),
    "sop_class_as_meta": MessageTemplate(
        _("Object as in the file's head"),
        _("{value} files name another kind of object in their head (0002,0002) than inside (0008,0016) ({where})."),
        one=_("One file names another kind of object in its head (0002,0002) than inside (0008,0016) ({where})."),
    ),
    "study_uid": MessageTemplate(_("Study identifier"), _("Study identifiers in the series: {value} ({where}).")),
    "series_uid": MessageTemplate(_("Series identifier"), _("The series identifier is missing ({where}).")),
    "object_type": MessageTemplate(_("A medical CT"), _("The series is no medical CT or CBCT."), _("the CT series")),
    "original_beside": MessageTemplate(
        _("Original beside the reformat"),
        _(
            "The series is a reformat, and no accepted original of the same scan is here, "
            "Frame of Reference UID (0020,0052); it needs one beside it."
        ),
        _("the original axial series too"),
    ),
    "media_files": MessageTemplate(
        _("Entire study"), _("The DICOMDIR names {referenced} files: {value} ({where})."), _("the entire study")
    ),
    "transfer_medium": MessageTemplate(_("Transfer"), ""),
    "transfer_syntax": MessageTemplate(
        _("Uncompressed"),
        _("The images are {value} ({where}); uncompressed ones are needed."),
        _("uncompressed images"),
    ),
    "image_type": MessageTemplate(
        _("Original, primary, axial"),
        _("Image Type (0008,0008) is {value} ({where}); original, primary, axial is needed."),
        _("the original axial series"),
    ),
    "third_value": MessageTemplate(
        _("Image type, third value"), _("The third value of the image type: {value} ({where}).")
    ),
    "reformat": MessageTemplate(
        _("No reformat"),
        _("The series is a reformat, projection or rendering ({value} says {word})."),
        _("the original axial series"),
    ),
    "charset": MessageTemplate(
        _("Character set"),
        _("Specific Character Set (0008,0005) is {value}, which exoplan does not list: names may show wrong."),
    ),
    "modality": MessageTemplate(_("Modality"), _("The modality is not that of a CT."), _("the CT series")),
    "functional_groups": MessageTemplate(
        _("Functional groups"), _("The functional groups of the frames: {value} ({where}).")
    ),
}
