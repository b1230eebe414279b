"""Sentences about how the scan was made, and what it shows."""

from collections.abc import Mapping

from ...messages import _
from .template import MessageTemplate

ACQUISITION: Mapping[str, MessageTemplate] = {
    "rules": MessageTemplate(
        _("A 3D-capable routine"), _("The routine is not made for 3D: {where}."), _("a thin-slice 3D routine")
    ),
    "phases": MessageTemplate(
        _("One phase"), _("The series holds {value} phases; one is expected."), _("each phase as a series of its own")
    ),
    "cone_beam": MessageTemplate(
        _("Cone beam"),
        _("A cone-beam CT: the limits of the table do not strictly apply, and its grey values are no calibrated HU."),
    ),
    "dose": MessageTemplate(_("Dose"), ""),
    "scan_age": MessageTemplate(
        _("Age of the scan"),
        _("The scan is {age} older than the surgery; at most {limit} months are allowed."),
        _("a recent scan"),
    ),
    "body_share_of_fov": MessageTemplate(
        _("Small field of view"),
        _("The body fills {value:.1%} of the field of view; {limit:.0%} or more is better."),
        _("a field of view no larger than the anatomy needs"),
    ),
    "fov_cut_mm2": MessageTemplate(
        _("Anatomy inside the field of view"),
        _("The anatomy touches the edge of the images over {value:.0f} mm2: is all of the needed anatomy there?"),
        _("a larger field of view"),
    ),
    "motion_slices": MessageTemplate(
        _("No motion"),
        _("{value} slices are shifted against their neighbours ({where}): is the scan free of motion all the same?"),
        _("a scan without motion"),
        _("One slice is shifted against its neighbours ({where}): is the scan free of motion all the same?"),
    ),
    "acquisitions": MessageTemplate(
        _("Scanned once"),
        _("Two acquisitions cover the same place: the scan was started again ({where}); one is needed."),
        _("the complete acquisition alone"),
    ),
    "acquisition_pause": MessageTemplate(
        _("Scanned without a pause"),
        _("The scan paused for {value:.4g} s; at most {limit:g} s is allowed: the patient may have moved."),
        _("the images of one acquisition alone"),
    ),
    "metal_mm3": MessageTemplate(
        _("Metal"),
        _(
            "{value:.4g} mm3 are as bright as metal; up to {limit:g} mm3 does not count: can the anatomy be seen all the same?"
        ),
    ),
    "fov_cut_ends_mm2": MessageTemplate(
        _("Anatomy up to the first and last slice"),
        _(
            "The anatomy goes on beyond the first or last slice over {value:.0f} mm2; that is normal for skull "
            "and spine."
        ),
    ),
    "metal_reduction": MessageTemplate(
        _("Metal artefact reduction"),
        _("A metal artefact reduction was used: it can erase cortical bone. Is the anatomy whole?"),
    ),
    "kernel_family": MessageTemplate(
        _("Reconstruction kernel"),
        _("The reconstruction kernel (0018,1210){kernel} is {family}; {wanted} one is needed."),
        _("{kernels}"),
    ),
    "kernel_from_noise": MessageTemplate(
        _("Kernel, by the noise"),
        _("The noise looks like that of a {value} kernel: was a standard kernel used?"),
        _("a standard kernel, not bone or detail"),
    ),
    "contrast_to_noise": MessageTemplate(
        _("Contrast"),
        _(
            "The anatomy stands out little from what surrounds it (contrast to noise {value:.1f}): can it be "
            "told apart?"
        ),
    ),
}
