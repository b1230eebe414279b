"""Sentences of findings on what a model was labelled from."""

from collections.abc import Mapping

from ..messages import _

PASS: Mapping[str, str] = {
    "filled-opening": _("Labels show no structure where the scan shows none, beyond {limit:.0f} mm2."),
    "coarse-label": _("Labels that say alone where the surface is say it to {measured:.2f} mm."),
    "cut-by-scan": _("The scan's edge cuts no structure of the model."),
}
FAIL: Mapping[str, str] = {
    "filled-opening": _(
        "The label fills what the scan shows open, over {measured:.0f} mm2 ({names}): an opening or a defect would be printed closed."
    ),
    "coarse-label": _(
        "The label is coarser than the print: its voxels of {voxel_mm:.2g} mm alone say where the surface of {names} is, to "
        "{measured:.2f} mm, and {process} keeps to {limit:.2g} mm."
    ),
    "cut-by-scan": _(
        "The structure is cut by the scan's edge over {measured:.0f} mm2 ({names}): it ends flat there, and the rest was not scanned."
    ),
}
REMEDY: Mapping[str, str] = {
    "filled-opening": _(
        "Look at the places coloured as added and correct the label there, or find the anatomy by "
        "grey values: {--anatomy:bone}"
    ),
    "coarse-label": _("Use a finer label ({--segmentation:FILE}), or take the model for what its voxels show."),
    "cut-by-scan": _(
        "Choose a scan that holds all of it where the missing part matters; a base ({--base}) stands "
        "well on such an end."
    ),
}
