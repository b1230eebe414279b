"""Options of the print, of what is written and where."""

from ...messages import _, join, languages
from ..formats import DEFAULT_FORMATS, FORMATS, MESH_FORMATS, read_formats
from .controls import Switch
from .kinds import PATH, SWITCH, OptionKind, choice
from .option import Option

FORMAT_LISTS = OptionKind(
    {"action": "append"}, lambda flag, lists: read_formats(flag, lists), lambda flag, value: [flag, ",".join(value)]
)
PROCESS = Option(
    ("--process",),
    _("print process (default fdm; see list processes)"),
    metavar="NAME|FILE",
    setting="process",
    step="print",
    label=_("process"),
    is_preset=True,
)
PRINTER = Option(
    ("--printer",),
    _("printer, or its build volume in mm (default: usual for the process; see list printers)"),
    metavar="NAME|FILE|WxDxH",
    setting="printer",
    step="print",
    label=_("printer"),
)
SLICER = Option(
    ("--slice-with",),
    _("ask this installed slicer for time, material, layers and islands (see list slicers, or a file; default: none)"),
    metavar="NAME|FILE",
    setting="slice_with",
    step="print",
    label=_("slicer"),
)
FORMAT = Option(
    ("--format",),
    _(
        "comma-separated, of {formats} (repeatable; default {default_formats})",
        formats=join(", ", FORMATS),
        default_formats=join(",", DEFAULT_FORMATS),
    ),
    FORMAT_LISTS,
    "LIST",
    None,
    setting="formats",
    step="files",
    label=_("formats"),
)
FORMAT_OF_PLATE = Option(
    ("--format",),
    _(
        "comma-separated, of {mesh_formats} (repeatable; default {default_formats})",
        mesh_formats=join(", ", MESH_FORMATS),
        default_formats=join(",", DEFAULT_FORMATS),
    ),
    FORMAT_LISTS,
    "LIST",
)
SCENE = Option(
    ("--scene",),
    _("also write a Slicer scene (.mrb); needs Slicer or slicer-core"),
    SWITCH,
    setting="scene",
    step="files",
    label=_("scene file"),
    control=Switch(_("Slicer scene (.mrb)"), _("Everything of this run as a scene that opens in Slicer.")),
)
OVERWRITE = Option(
    ("--overwrite",),
    _("let an output take the place of an input"),
    SWITCH,
    no_control=_("an output folder is chosen, and nothing of the scene is a file that a step reads again"),
)
JSON = Option(
    ("--json",),
    _("write the JSON result to this file, or to the terminal (-)"),
    metavar="FILE|-",
    no_control=_("the findings stand in the scene as a table and as JSON"),
)
DEBUG = Option(
    ("--debug",),
    _(
        "print the traceback of an internal error; it may quote names and values of the input: read "
        "it before you send it"
    ),
    SWITCH,
    no_control=_("for a report of an internal error; the application has its own log"),
)
LANGUAGE = Option(
    ("--language",),
    _("language of what is printed and of the report, such as de (default en); files for machines stay English"),
    choice(*languages()),
    "LANGUAGE",
    setting="language",
    step="files",
    label=_("language"),
    no_control=_("the panel speaks Slicer's language, and its reports do"),
    is_preset=True,
)
QUIET = Option(
    ("--quiet",), _("no progress, neither a bar nor lines"), SWITCH, no_control=_("the panel has its own progress")
)


def pages(turning: str, printed: str) -> tuple[Option, Option]:
    """The options for the page `turning` and the file `printed`."""
    return (
        Option(
            ("--viewer",),
            _(
                "also {turning}, in which the model turns and can be cut in any browser, offline (needs k3d)",
                turning=turning,
            ),
            SWITCH,
            setting="viewer",
            step="files",
            label=_("page in which the model turns"),
            control=Switch(
                _("Page in which the model turns"),
                _("model.html turns and cuts the model in any browser, without network; needs the package k3d."),
            ),
        ),
        Option(
            ("--pdf",),
            _("also {printed}, printed by an installed Chrome, Chromium or Edge", printed=printed),
            SWITCH,
            setting="pdf",
            step="files",
            label=_("report as PDF"),
            control=Switch(_("Report as PDF"), _("Printed by an installed Chrome, Chromium or Edge.")),
        ),
    )


def folder(help: str, *, is_required: bool = False, metavar: str = "DIR") -> Option:
    """The option for where the results go."""
    reason = _("the folder of step 5")
    return Option(("--output",), help, PATH, metavar, is_required=is_required, no_control=reason)
