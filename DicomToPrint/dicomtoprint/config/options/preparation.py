"""Options of preparing for print: what is done to the solid, what is written on it, and how it is cut and joined."""

from typing import Any

from ..option_types import clearance, positive, scale_factor
from .kinds import (
    CUTS,
    KEEP_OUT_REGIONS,
    MAGNETS,
    PLANES,
    POINT,
    POINTS,
    SPLIT,
    STEP_CALLS,
    SWITCH,
    TEXT,
    OptionKind,
    choice,
    distinct_texts,
    typed,
)
from .option import OF_THE_SETTING, Option, OptionGroup


def _prepares(
    flag: str,
    help: str,
    kind: OptionKind,
    metavar: str | None = None,
    *,
    label: str,
    setting: str = "",
    serialised: str = "",
    default: Any = OF_THE_SETTING,
    is_per_scan: bool = False,
    no_control: str = "",
) -> Option:
    """An option of the step ``print``; its setting has its name where no other is given."""
    return Option(
        (flag,),
        help,
        kind,
        metavar,
        default,
        setting=setting or flag.lstrip("-").replace("-", "_"),
        serialised=serialised,
        step="print",
        label=label,
        is_per_scan=is_per_scan,
        no_control=no_control,
    )


# What changes the walls of the solid, and the base.
_SOLID = (
    _prepares(
        "--scale",
        "print larger or smaller than the anatomy; files and label say so",
        typed(scale_factor),
        "F|1:N",
        label="scale",
    ),
    _prepares(
        "--mirror",
        "mirror at this plane: sagittal changes left and right; files and label say so",
        choice("sagittal", "coronal", "axial"),
        label="mirror",
    ),
    _prepares("--wrap", "outer surface only, filled", SWITCH, label="outer surface only"),
    _prepares("--thicken", "thicken walls below this", typed(positive), "MM", label="thicken walls"),
    _prepares("--hollow", "hollow to this wall, with escape holes", typed(positive), "MM", label="hollow"),
    _prepares(
        "--escape",
        "place of an escape hole on the surface, mm (repeatable)",
        POINTS,
        "R,A,S",
        setting="drain_hole_positions",
        serialised="escape",
        label="places of escape holes",
        is_per_scan=True,
    ),
    _prepares(
        "--escape-holes",
        "escape holes a cavity (default 1; 2 where the process needs them)",
        OptionKind({"type": int, "choices": range(1, 5)}),
        label="escape holes",
    ),
    _prepares(
        "--shell",
        "a wall of this thickness around a lumen, open at the edge of the scan",
        typed(positive),
        "MM",
        label="wall around a lumen",
    ),
    _prepares("--struts", "bars between loose fragments", SWITCH, label="struts"),
    _prepares("--base", "add a base", SWITCH, label="base"),
    _prepares(
        "--base-kind",
        "plate (default), foot of the model's own outline, or stand with columns",
        OptionKind({"choices": ["plate", "foot", "stand"]}, lambda flag, kind: kind or "plate"),
        default=None,
        label="kind of base",
    ),
)
# Label and scale bar.
_MARKING = (
    _prepares("--label", "text on the model, on the flattest place, else on a curved one", TEXT, "TEXT", label="label"),
    _prepares("--label-raised", "the label stands out instead of being engraved", SWITCH, label="raised letters"),
    _prepares(
        "--label-at",
        "put the label nearest to this place, mm",
        POINT,
        "R,A,S",
        label="place of the label",
        is_per_scan=True,
    ),
    _prepares("--scale-bar", "engraved bar of this length, for exhibits", typed(positive), "MM", label="scale bar"),
)
# Cuts, split, and what joins the parts again.
_CUTTING = (
    _prepares(
        "--cut",
        "cut by a plane (repeatable)",
        CUTS,
        "R=MM|A=MM|S=MM",
        setting="cuts",
        label="cutting planes",
        is_per_scan=True,
    ),
    _prepares(
        "--plane",
        "cut by an oblique plane: a point on it and its normal (repeatable)",
        PLANES,
        "R,A,S,R,A,S",
        setting="oblique_cuts",
        serialised="planes",
        label="oblique cutting planes",
        is_per_scan=True,
    ),
    _prepares(
        "--keep",
        "keep only this side of the cuts across its axis, front or back of the planes (repeatable; default all)",
        distinct_texts(choices=["R", "L", "A", "P", "S", "I", "front", "back"]),
        setting="kept_sides",
        serialised="keep",
        label="sides kept",
        is_per_scan=True,
    ),
    _prepares("--split", "split into the fewest parts that fit the printer", SPLIT, default=None, label="split"),
    _prepares(
        "--avoid",
        "no cut of the split comes nearer than MM (default 10) to this place (repeatable)",
        KEEP_OUT_REGIONS,
        "R,A,S[,MM]",
        setting="keep_out_regions",
        serialised="avoid",
        label="places kept whole",
        is_per_scan=True,
    ),
    _prepares("--pins", "alignment pins across cuts, or what --joint names", SWITCH, label="pins"),
    _prepares(
        "--joint",
        "printed pin (default), holes for dowels put in loose, or a dovetail; thin cuts get dowels from 1 mm",
        choice("pin", "dowel", "dovetail"),
        label="kind of joint",
    ),
    _prepares(
        "--fit",
        "sliding (default) or press, with the clearance of the process",
        choice("sliding", "press"),
        label="fit of joints",
    ),
    _prepares(
        "--pin-diameter", "joints of this thickness and no other", typed(positive), "MM", label="thickness of joints"
    ),
    _prepares(
        "--joint-clearance",
        "gap a side in joints, instead of the fit's",
        typed(clearance),
        "MM",
        label="clearance of joints",
    ),
    _prepares(
        "--magnets",
        "pockets for round magnets across cuts, diameter x height in mm",
        MAGNETS,
        "DxH",
        label="magnets",
    ),
)
PREPARATION = OptionGroup(
    "preparation",
    "done in this order: scale and mirror, wrap, thicken, hollow, shell, struts, base, label, scale bar, cuts (before the base "
    "where a side is kept), split, pins, magnets, orient",
    (
        *_SOLID,
        *_MARKING,
        *_CUTTING,
        _prepares("--orient", "turn for printing", SWITCH, label="turned for printing"),
        _prepares(
            "--step",
            "a preparation step that an installed package brings, and its value (repeatable; see list steps)",
            STEP_CALLS,
            "NAME[=VALUE]",
            setting="steps",
            label="steps of installed packages",
            no_control="for packages beside the engine, which the application does not have",
        ),
    ),
)
