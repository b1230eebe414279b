"""Options of the print, of what is written and where."""

from ..formats import DEFAULT_FORMATS, FORMATS, MESH_FORMATS, read_formats
from .kinds import PATH, SWITCH, OptionKind
from .option import Option

FORMAT_LISTS = OptionKind(
    {"action": "append"}, lambda flag, lists: read_formats(flag, lists), lambda flag, value: [flag, ",".join(value)]
)
PROCESS = Option(
    ("--process",),
    "print process (default fdm; see list processes)",
    metavar="NAME|FILE",
    setting="process",
    step="print",
    label="process",
    is_preset=True,
)
PRINTER = Option(
    ("--printer",),
    "printer, or its build volume in mm (default: usual for the process; see list printers)",
    metavar="NAME|FILE|WxDxH",
    setting="printer",
    step="print",
    label="printer",
)
SLICER = Option(
    ("--slice-with",),
    "ask this installed slicer for time, material, layers and islands (see list slicers, or a file; default: none)",
    metavar="NAME|FILE",
    setting="slice_with",
    step="print",
    label="slicer",
)
FORMAT = Option(
    ("--format",),
    f"comma-separated, of {', '.join(FORMATS)} (repeatable; default {','.join(DEFAULT_FORMATS)})",
    FORMAT_LISTS,
    "LIST",
    None,
    setting="formats",
    step="files",
    label="formats",
)
FORMAT_OF_PLATE = Option(
    ("--format",),
    f"comma-separated, of {', '.join(MESH_FORMATS)} (repeatable; default {','.join(DEFAULT_FORMATS)})",
    FORMAT_LISTS,
    "LIST",
)
SCENE = Option(
    ("--scene",),
    "also write a Slicer scene (.mrb); needs Slicer or slicer-core",
    SWITCH,
    setting="scene",
    step="files",
    label="scene file",
)
OVERWRITE = Option(
    ("--overwrite",),
    "let an output take the place of an input",
    SWITCH,
    no_control="an output folder is chosen, and nothing of the scene is a file that a step reads again",
)
JSON = Option(
    ("--json",),
    "write the JSON result to this file, or to the terminal (-)",
    metavar="FILE|-",
    no_control="the findings stand in the scene as a table and as JSON",
)
DEBUG = Option(
    ("--debug",),
    "print the traceback of an internal error; it may quote names and values of the input: read it before you send it",
    SWITCH,
    no_control="for a report of an internal error; the application has its own log",
)
QUIET = Option(
    ("--quiet",), "no progress, neither a bar nor lines", SWITCH, no_control="the panel has its own progress"
)


def pages(turning: str, printed: str) -> tuple[Option, Option]:
    """The options for the page `turning` and the file `printed`."""
    return (
        Option(
            ("--viewer",),
            f"also {turning}, in which the model turns and can be cut in any browser, offline (needs k3d)",
            SWITCH,
            setting="viewer",
            step="files",
            label="page in which the model turns",
        ),
        Option(
            ("--pdf",),
            f"also {printed}, printed by an installed Chrome, Chromium or Edge",
            SWITCH,
            setting="pdf",
            step="files",
            label="report as PDF",
        ),
    )


def folder(help: str, *, is_required: bool = False, metavar: str = "DIR") -> Option:
    """The option for where the results go."""
    reason = "the folder of step 5"
    return Option(("--output",), help, PATH, metavar, is_required=is_required, no_control=reason)
