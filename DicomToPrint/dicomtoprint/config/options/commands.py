"""Every command with its options: the one list that help, settings, panel, copied command line and reference are made of."""

from collections.abc import Mapping
from dataclasses import replace

from ...messages import _
from . import anatomy, other_commands, scan, surface
from .kinds import PATH
from .option import Command, Option
from .output import FORMAT, JSON, OVERWRITE, PRINTER, PROCESS, SCENE, SLICER, folder, pages
from .preparation import PREPARATION

_RESULTS = (folder(_("folder for the results"), is_required=True), scan.USE)
_FILES = (FORMAT, *pages("model.html", "report.pdf"), OVERWRITE, SLICER)
_ACCEPTANCE = (*scan.JUDGEMENT, scan.SERIES, scan.IDENTIFIED, JSON)
_RUN = (
    *_ACCEPTANCE,
    *_RESULTS,
    anatomy.ANATOMY,
    *anatomy.GIVEN_LABELS,
    *anatomy.BACKEND,
    *anatomy.REGION_AND_GREY_VALUES,
    *surface.SURFACE,
    PREPARATION,
    PROCESS,
    PRINTER,
    *_FILES,
    SCENE,
    scan.ACCEPT_ANYWAY,
)
_PREPARE = (
    surface.MESH,
    surface.UNIT,
    surface.NO_REPAIR,
    surface.REPAIR,
    *_RESULTS,
    *surface.SURFACE,
    PREPARATION,
    PROCESS,
    PRINTER,
    *_FILES,
    replace(scan.IDENTIFIED, help=_("let the name of the file into the output")),
    replace(scan.ANSWER, help=_("answer a question of the checklist of the anatomy (repeatable)")),
    scan.ROLE,
    JSON,
    replace(
        scan.ACCEPT_ANYWAY, help=_("go on where the use needs a scan that was judged; the reason stands on the report")
    ),
)
_INSPECT = (
    surface.MESH,
    surface.UNIT,
    PROCESS,
    PRINTER,
    Option(("--repair",), _("repair the mesh and write it here"), PATH, "OUT"),
    OVERWRITE,
    surface.REPAIR_OF_INSPECT,
    JSON,
    folder(_("folder for report.html and printability.json")),
)
COMMANDS: Mapping[str, Command] = {
    "check": Command(
        _("judge a scan against the acceptance protocols"),
        (scan.INPUT, *_ACCEPTANCE, folder(_("folder for report.html and acceptance.json"))),
    ),
    "run": Command(_("make a checked print file from a scan"), (scan.INPUT, *_RUN)),
    "prepare": Command(_("make a checked print file from a mesh file"), _PREPARE),
    "inspect": Command(_("judge a mesh file for a print process"), _INSPECT),
    "replay": Command(_("repeat a recorded run and compare"), other_commands.REPLAY),
    "pack": Command(
        _("pack a study for transfer: uncompressed DICOM with a DICOMDIR, report and hashes"),
        (other_commands.PACKED, *other_commands.PACK, *scan.JUDGEMENT),
    ),
    "batch": Command(
        _("run many cases, each in a process of its own; what is finished is not done again"),
        (*other_commands.BATCH, *_RUN),
    ),
    "review": Command(_("measure the printed part against its model, by a scan or by hand"), other_commands.REVIEW),
    "sign": Command(_("note who approved or rejected a model, in a log that shows any change"), other_commands.SIGN),
    "compare": Command(_("hold the models of two records against one another"), other_commands.COMPARE),
    "coupon": Command(_("make the test plate of a process, with its map and a form"), other_commands.COUPON),
    "calibrate": Command(
        _("make your printer's own process file from a measured test plate"), other_commands.CALIBRATE
    ),
    "demo": Command(
        _("make the phantom CT as DICOM and run it"),
        (folder(_("folder for the phantom and the results"), is_required=True),),
    ),
    "list": Command(_("list the built-in names"), other_commands.LIST),
}
