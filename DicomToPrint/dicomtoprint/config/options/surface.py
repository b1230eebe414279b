"""Options of the surface: how exact it is, and how a given mesh is read and repaired."""

from dataclasses import replace

from ...messages import _
from ..option_types import count, one_or_more, positive
from .kinds import NUMBERED_CHOICES, PATH, SWITCH_OFF, TEXT, typed
from .option import Option, OptionGroup

SURFACE = (
    Option(
        ("--max-deviation",),
        _("how far editing may move the surface (default: as the use allows)"),
        typed(positive),
        "MM",
        setting="max_deviation",
        step="model",
        label=_("allowed deviation"),
    ),
    Option(
        ("--triangles",),
        _("most triangles in a file (default 500000)"),
        typed(count),
        "N",
        setting="triangles",
        step="model",
        label=_("most triangles"),
    ),
)
MESH = Option(("mesh",), _("STL, 3MF, OBJ, PLY or VTP file"), PATH, "MESH")
UNIT = Option(
    ("--unit",),
    _("unit of the file: mm, cm, m, inch (default: what the file says, else mm)"),
    TEXT,
    "UNIT",
    setting="unit",
    step="model",
    label=_("unit"),
)
NO_REPAIR = Option(
    ("--no-repair",),
    _("refuse a mesh that is no closed surface instead of repairing it"),
    SWITCH_OFF,
    setting="repair",
    step="model",
    label=_("repair of a given model"),
)
_MAX_LOSS = Option(
    ("--max-loss",),
    _("refuse a repair that loses a piece farther than this from the result (default: the process's smallest feature)"),
    typed(positive),
    "MM",
    setting="max_loss",
    step="model",
    label=_("loss that a repair may have"),
)
_THICKEN_SHEET = Option(
    ("--thicken-sheet",),
    _("make open sheets solids of this thickness"),
    typed(positive),
    "MM",
    setting="thicken_sheet",
    step="model",
    label=_("thickness of open sheets"),
)
_SHELL = Option(
    ("--repair-shell",),
    _("what to do with a shell (repeatable)"),
    NUMBERED_CHOICES,
    "N=keep|drop|flip",
    setting="repair_shells",
    step="model",
    label=_("choices for shells"),
)
_HOLE = Option(
    ("--repair-hole",),
    _("what to do with a hole (repeatable)"),
    NUMBERED_CHOICES,
    "N=cap|keep",
    setting="repair_holes",
    step="model",
    label=_("choices for holes"),
)
_SMALL_SHELLS = Option(
    ("--drop-shells-below",),
    _("drop shells smaller than this"),
    typed(positive),
    "MM",
    setting="drop_shells_below",
    step="model",
    label=_("smallest shell kept"),
)
_LARGEST_SHELLS = Option(
    ("--largest-shells",),
    _("keep only the N largest shells"),
    typed(one_or_more),
    "N",
    setting="largest_shells",
    step="model",
    label=_("largest shells kept"),
)
REPAIR = OptionGroup(
    "repair",
    _("of meshes that are no closed surfaces; the report of a run lists the numbers of shells and holes"),
    (_MAX_LOSS, _THICKEN_SHEET, _SHELL, _HOLE, _SMALL_SHELLS, _LARGEST_SHELLS),
)
REPAIR_OF_INSPECT = OptionGroup(
    "repair",
    _("with {--repair}; shells and holes have the numbers that it lists"),
    (
        _MAX_LOSS,
        _THICKEN_SHEET,
        replace(_SHELL, flags=("--repair-shell", "--shell")),
        replace(_HOLE, flags=("--repair-hole", "--hole")),
        _SMALL_SHELLS,
        _LARGEST_SHELLS,
    ),
)
