"""Remedies that depend on where the file comes from, on what was done to it already, and on what other processes can do."""

from collections.abc import Mapping

from ..messages import _, way
from ..rules import Rule
from .process import PrintProcess, load_process

# Options of preparation belong to the run that made the file; a file that is only inspected goes to `prepare` first.
PREPARE: Mapping[str, Mapping[str, str]] = {
    "scan": {"prepare": "", "into": ""},
    "mesh": {"prepare": "", "into": ""},
    "file": {"prepare": _("prepare MESH "), "into": _(" {--output:DIR}")},
}
# What is told instead where the source is a mesh: nothing of a scan can be chosen or made finer.
REMEDY_OF_MESH: Mapping[str, str] = {
    "empty": way(
        _(
            "Nothing can be printed from this file: export it again where it was made, or make it from a "
            "scan, run SCAN {--output:DIR}"
        ),
        _("Nothing can be printed from this file: export it again where it was made, or make it from a scan"),
    ),
    "fragments": _(
        "Remove fragments: inspect FILE {--repair:OUT} {--drop-shells-below:{speck:g}}; or hold them "
        "with {prepare}{--struts}{into}"
    ),
    "union": _(
        "Parts of one model: lay them side by side with {prepare}{--orient}{into}. Else join them "
        "where they were made, or let the slicing program join them."
    ),
    "unit": _("Say the unit with {--unit:{as_unit}}, or export 3MF ({prepare}{--format:3mf}{into}), which carries it."),
    "coarse": _("Export it with more triangles where it was made: nothing here can make them finer."),
}
# What is left to do where the model was turned for the least support already.
REMEDY_AFTER_ORIENTING = {
    "orient": _("It is turned for the least support already: print it with supports."),
    "suction": _(
        "Give the hollow a hole at its lowest place where it was made, or print it aslant: it is turned for the least support already."
    ),
    "base": _("Put it on a base ({--base}), or let supports hold it: it is turned for the least support already."),
}


def finer_process(rule: Rule, process: PrintProcess) -> str:
    """A built-in process with a smaller limit than this one; empty where this one is as fine as any."""
    finest = {
        "wall": ("mjf", "wall_supported_mm"),
        "wall-unsupported": ("mjf", "wall_unsupported_mm"),
        "thin-area": ("mjf", "wall_supported_mm"),
        "pins": ("material-jetting", "pin_mm"),
        "gap": ("material-jetting", "clearance_mm"),
        "holes": ("sla", "hole_mm"),
        "text-width": ("sla", "emboss_width_mm"),
    }
    name, quantity = finest.get(rule.id, ("", ""))
    own = process.limit(quantity)
    other = load_process(name).limit(quantity) if name else None
    return name if own is not None and other is not None and other < own else ""
