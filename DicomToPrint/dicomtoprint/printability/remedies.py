"""What to do about a finding, by the key that a rule names; what depends on the file's origin stands in `mesh_remedies`."""

from collections.abc import Mapping

from ..messages import _, way
from . import label_texts

REMEDY: Mapping[str, str] = {
    **label_texts.REMEDY,
    "repair": way(_("Repair it: inspect FILE {--repair:OUT}"), _("Repair it: make the model again in step 3")),
    "empty": way(
        _("Nothing can be printed from this file: make it again from the scan, run SCAN {--output:DIR}"),
        _("Nothing can be printed from this file: make it again from the scan"),
    ),
    "encoding": way(
        _("Write it again as they read it: inspect FILE {--repair:OUT}"),
        _("Write it again as they read it: make the model again in step 3"),
    ),
    "unjudged": _(
        "Turn it into triangles in the program that made it, or judge the meshes without it: inspect "
        "FILE {--repair:OUT} writes these alone."
    ),
    "negative": _(
        "Cut the volume out of the mesh in the program that made it, then inspect that; inspect FILE "
        "{--repair:OUT} writes the mesh as it was judged, without the cut."
    ),
    "other-types": way(
        _("Write the file without them: inspect FILE {--repair:OUT}"),
        _("Write the file without them: make the model again in step 3"),
    ),
    "left-out": _(
        "Mark them as printable parts in the program that made the file where they are wanted; "
        "inspect FILE {--repair:OUT} leaves them out."
    ),
    "nested": way(
        _(
            "Make one object of them, or a cavity in the outer one, in the program that made the file; "
            "or make the file again from the scan, run SCAN {--output:DIR}, with labels in which each "
            "voxel has one."
        ),
        _(
            "Make one object of them, or a cavity in the outer one, in the program that made the file; "
            "or make the model again in step 3, with labels in which each voxel has one."
        ),
    ),
    "touching": _(
        "Lay parts that shall come apart side by side: {prepare}{--orient}{into}; else they are joined as they lie."
    ),
    "drain": _(
        "Widen the hole to {escape} mm or add one: {prepare}{--hollow:{hollow:g}}{into} puts such "
        "holes of its own into a solid model."
    ),
    "suction": _("Turn it, or give the hollow a hole at its lowest place: {prepare}{--orient}{into}"),
    "unit-carried": _("Write it in mm: inspect FILE {--unit:{unit}} {--repair:OUT}"),
    "fragments": _(
        "Remove fragments: inspect FILE {--repair:OUT} {--drop-shells-below:{speck:g}}; take one "
        "bone only ({--anatomy:single-bone}) or what is at a point ({--seed:R,A,S}), or hold them "
        "with {--struts}"
    ),
    "struts": _("Join them with bars ({prepare}{--struts}{into}), or print them as separate parts."),
    "union": _(
        "Parts of one model: lay them side by side with {prepare}{--orient}{into}. Else make one "
        "object of them: run with {--anatomy:NAME} or {--segmentation:FILE} of one structure; or let "
        "the slicing program join them."
    ),
    "escape": _(
        "Give cavities a way out: {prepare}{--hollow:{hollow:g}}{into} puts escape holes of {escape} "
        "mm, or fill them with {prepare}{--wrap}{into}"
    ),
    "wrap": _("Fill them with {prepare}{--wrap}{into}, or leave them."),
    "unit": _("Look at the voxel sizes of the scan, and of labels that were given: {--segmentation:FILE}"),
    "placement": way(
        _(
            "Do not print before left and right are settled: make the file again from the scan, run SCAN "
            "{--output:DIR}, which writes LPS and never mirrors."
        ),
        _(
            "Do not print before left and right are settled: make the model again from the scan, which "
            "writes LPS and never mirrors."
        ),
    ),
    "thicken": _("Thicken to the guideline: {prepare}{--thicken:{wall:g}}{into}{other}"),
    "thicken-unsupported": _("Thicken: {prepare}{--thicken:{limit:g}}{into}{other}"),
    "thicken-recommended": _("For a sturdier model: {prepare}{--thicken:{limit:g}}{into}"),
    "thicken-pin": _("Thicken: {prepare}{--thicken:{limit:g}}{into}{other}"),
    "gap": _("{choose}, close gaps on purpose ({prepare}{--wrap}{into}), or accept that this one may close."),
    "hole": _("Widen the hole before export{other}, fill it with {prepare}{--wrap}{into}, or drill it after printing."),
    "orient": _("Let the model be turned for the least support: {prepare}{--orient}{into}"),
    "base": _("Put it on a base ({prepare}{--base}{into}), or turn it: {prepare}{--orient}{into}"),
    "split": _(
        "Turn it as said, split it ({prepare}{--split:auto}{into}), or choose a larger printer ({--printer:WxDxH})."
    ),
    "triangles": _("Reduce the triangles: {prepare}{--triangles:{limit:.0f}}{into}"),
    "coarse": _("Export with more triangles: {--max-deviation:0.1}"),
    "lost": _(
        "Look at the places; keep more of the shape with {--max-deviation:0.1}, and thin parts with "
        "{--thicken:{wall:g}}"
    ),
    "added": _(
        "Look at the places: what {--base}, {--struts}, {--label:TEXT} or {--thicken:MM} added must "
        "be wanted; leave out the option where it is not."
    ),
    "label": _("Put the label on again, where it is more even: {--label:TEXT} {--label-at:R,A,S}"),
    "text": _("{choose}, or leave out {--label:TEXT} and mark the print by hand."),
}
