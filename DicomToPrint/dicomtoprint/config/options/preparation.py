"""Options of preparing for print: what is done to the solid, what is written on it, and how it is cut and joined."""

from typing import Any

from ...messages import _
from ..option_types import clearance, positive, scale_factor
from .controls import Choice, Control, Number, Switch
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
    control: Control | None = None,
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
        control=control,
    )


# What changes the walls of the solid, and the base.
_SOLID = (
    _prepares(
        "--scale",
        _("print larger or smaller than the anatomy; files and label say so"),
        typed(scale_factor),
        "F|1:N",
        label=_("scale"),
        control=Number(
            _("Scale"),
            _("Print larger or smaller than the anatomy; file, label and report say so."),
            10_000.0,
            5.0,
            _("as the anatomy"),
            unit="%",
            shown=100.0,
            least=1.0,
        ),
    ),
    _prepares(
        "--mirror",
        _("mirror at this plane: sagittal changes left and right; files and label say so"),
        choice("sagittal", "coronal", "axial"),
        label=_("mirror"),
        control=Choice(
            _("Mirror"),
            _("Mirror all parts, such as the healthy side for the other one; file, label and report say so."),
            (
                ("", _("not mirrored")),
                ("sagittal", _("left and right")),
                ("coronal", _("front and back")),
                ("axial", _("top and bottom")),
            ),
        ),
    ),
    _prepares(
        "--wrap",
        _("outer surface only, filled"),
        SWITCH,
        label=_("outer surface only"),
        control=Switch(_("Outer surface only"), _("Fill everything inside.")),
    ),
    _prepares(
        "--thicken",
        _("thicken walls below this"),
        typed(positive),
        "MM",
        label=_("thicken walls"),
        control=Number(_("Thicken walls below"), _("Thicken walls that are thinner than this."), 20.0, 0.1, _("off")),
    ),
    _prepares(
        "--hollow",
        _("hollow to this wall, with escape holes"),
        typed(positive),
        "MM",
        label=_("hollow"),
        control=Number(
            _("Hollow to a wall of"), _("Hollow the model to this wall, with holes to drain."), 50.0, 0.5, _("off")
        ),
    ),
    _prepares(
        "--escape",
        _("place of an escape hole on the surface, mm (repeatable)"),
        POINTS,
        "R,A,S",
        setting="drain_hole_positions",
        serialised="escape",
        label=_("places of escape holes"),
        is_per_scan=True,
    ),
    _prepares(
        "--escape-holes",
        _("escape holes a cavity (default 1; 2 where the process needs them)"),
        OptionKind({"type": int, "choices": range(1, 5)}),
        label=_("escape holes"),
        control=Number(
            _("Escape holes"),
            _("Holes in every cavity through which resin or powder drains."),
            4,
            1,
            _("as the process needs"),
            unit="",
        ),
    ),
    _prepares(
        "--shell",
        _("a wall of this thickness around a lumen, open at the edge of the scan"),
        typed(positive),
        "MM",
        label=_("wall around a lumen"),
        control=Number(
            _("Wall around a lumen"),
            _("Put a wall of this thickness around a lumen: a hollow vessel or heart, open where the scan ends."),
            50.0,
            0.5,
            _("off"),
        ),
    ),
    _prepares(
        "--struts",
        _("bars between loose fragments"),
        SWITCH,
        label=_("struts"),
        control=Switch(
            _("Struts between loose parts"), _("Bars that hold fragments in their place; coloured as added.")
        ),
    ),
    _prepares("--base", _("add a base"), SWITCH, label=_("base")),
    _prepares(
        "--base-kind",
        _("plate (default), foot of the model's own outline, or stand with columns"),
        OptionKind({"choices": ["plate", "foot", "stand"]}, lambda flag, kind: kind or "plate"),
        default=None,
        label=_("kind of base"),
    ),
)
# Label and scale bar.
_MARKING = (
    _prepares(
        "--label", _("text on the model, on the flattest place, else on a curved one"), TEXT, "TEXT", label=_("label")
    ),
    _prepares(
        "--label-raised",
        _("the label stands out instead of being engraved"),
        SWITCH,
        label=_("raised letters"),
        control=Switch(_("Raised letters"), _("Instead of engraved ones.")),
    ),
    _prepares(
        "--label-at",
        _("put the label nearest to this place, mm"),
        POINT,
        "R,A,S",
        label=_("place of the label"),
        is_per_scan=True,
    ),
    _prepares(
        "--scale-bar",
        _("engraved bar of this length, for exhibits"),
        typed(positive),
        "MM",
        label=_("scale bar"),
        control=Number(_("Scale bar"), _("Engrave a bar of this length, for exhibits."), 200.0, 5.0, _("none")),
    ),
)
# Cuts, split, and what joins the parts again.
_CUTTING = (
    _prepares(
        "--cut",
        _("cut by a plane (repeatable)"),
        CUTS,
        "R=MM|A=MM|S=MM",
        setting="cuts",
        label=_("cutting planes"),
        is_per_scan=True,
    ),
    _prepares(
        "--plane",
        _("cut by an oblique plane: a point on it and its normal (repeatable)"),
        PLANES,
        "R,A,S,R,A,S",
        setting="oblique_cuts",
        serialised="planes",
        label=_("oblique cutting planes"),
        is_per_scan=True,
    ),
    _prepares(
        "--keep",
        _("keep only this side of the cuts across its axis, front or back of the planes (repeatable; default all)"),
        distinct_texts(choices=["R", "L", "A", "P", "S", "I", "front", "back"]),
        setting="kept_sides",
        serialised="keep",
        label=_("sides kept"),
        is_per_scan=True,
    ),
    _prepares(
        "--split",
        _("split into the fewest parts that fit the printer"),
        SPLIT,
        default=None,
        label=_("split"),
        control=Switch(_("Split to fit the printer"), _("Into the fewest parts that fit.")),
    ),
    _prepares(
        "--avoid",
        _("no cut of the split comes nearer than MM (default 10) to this place (repeatable)"),
        KEEP_OUT_REGIONS,
        "R,A,S[,MM]",
        setting="keep_out_regions",
        serialised="avoid",
        label=_("places kept whole"),
        is_per_scan=True,
    ),
    _prepares(
        "--pins",
        _("alignment pins across cuts, or what {--joint} names"),
        SWITCH,
        label=_("pins"),
        control=Switch(_("Pins across cuts"), _("Pins and holes that bring the parts together again.")),
    ),
    _prepares(
        "--joint",
        _("printed pin (default), holes for dowels put in loose, or a dovetail; thin cuts get dowels from 1 mm"),
        choice("pin", "dowel", "dovetail"),
        label=_("kind of joint"),
        control=Choice(
            _("Joint"),
            _("What brings the parts together; where there is no room for it, dowels from 1 mm are made."),
            (("pin", _("printed pins")), ("dowel", _("holes for dowels")), ("dovetail", _("dovetail"))),
        ),
    ),
    _prepares(
        "--fit",
        _("sliding (default) or press, with the clearance of the process"),
        choice("sliding", "press"),
        label=_("fit of joints"),
        control=Choice(
            _("Fit"),
            _("The clearance is the process's for this fit."),
            (("sliding", _("sliding")), ("press", _("press"))),
        ),
    ),
    _prepares(
        "--pin-diameter",
        _("joints of this thickness and no other"),
        typed(positive),
        "MM",
        label=_("thickness of joints"),
        control=Number(
            _("Thickness of joints"), _("Joints of this thickness and no other."), 30.0, 0.5, _("as there is room")
        ),
    ),
    _prepares(
        "--joint-clearance",
        _("gap a side in joints, instead of the fit's"),
        typed(clearance),
        "MM",
        label=_("clearance of joints"),
        control=Number(_("Clearance"), _("Gap a side, instead of the fit's."), 2.0, 0.05, _("as the fit needs")),
    ),
    _prepares(
        "--magnets",
        _("pockets for round magnets across cuts, diameter x height in mm"),
        MAGNETS,
        "DxH",
        label=_("magnets"),
    ),
)
PREPARATION = OptionGroup(
    "preparation",
    _(
        "done in this order: scale and mirror, wrap, thicken, hollow, shell, struts, base, label, "
        "scale bar, cuts (before the base where a side is kept), split, pins, magnets, orient"
    ),
    (
        *_SOLID,
        *_MARKING,
        *_CUTTING,
        _prepares(
            "--orient",
            _("turn for printing"),
            SWITCH,
            label=_("turned for printing"),
            control=Switch(_("Turn for printing"), _("Less overhang; the file then no longer lies as scanned.")),
        ),
        _prepares(
            "--step",
            _("a preparation step that an installed package brings, and its value (repeatable; see list steps)"),
            STEP_CALLS,
            "NAME[=VALUE]",
            setting="steps",
            label=_("steps of installed packages"),
            no_control=_("for packages beside the engine, which the application does not have"),
        ),
    ),
)
