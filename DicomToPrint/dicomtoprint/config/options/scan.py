"""Options of the scan: which it is, what it is judged by, and what its operator says to it."""

from ...messages import _
from .kinds import ANSWERS, SWITCH, SWITCH_OFF, TEXTS
from .option import Option

INPUT = Option(
    ("input",),
    _("folder, file, DICOMDIR, .zip, NIfTI/NRRD volume, or dicomdb:SERIESUID in Slicer"),
    metavar="INPUT",
    no_control=_("the volume, series or folder of step 1"),
)
ANSWER = Option(
    ("--answer",),
    _("answer a question (repeatable)"),
    ANSWERS,
    "RULE=yes|no",
    setting="answers",
    step="scan",
    label=_("answers"),
    is_preset=True,
    is_per_scan=True,
)
ROLE = Option(
    ("--role",),
    _("role of who answers, for the record"),
    metavar="ROLE",
    setting="role",
    step="scan",
    label=_("role"),
    is_preset=True,
)
JUDGEMENT = (
    Option(
        ("--protocol",),
        _(
            "judge under this protocol (repeatable; default: 3dsystems-ortho and exoplan-import, in run "
            "that of the use)"
        ),
        TEXTS,
        "NAME|FILE",
        setting="protocols",
        step="scan",
        label=_("protocols"),
    ),
    Option(
        ("--no-pixels",),
        _("judge the headers alone"),
        SWITCH_OFF,
        setting="check_pixels",
        serialised="pixels",
        step="scan",
        label=_("headers only"),
    ),
    Option(
        ("--surgery-date",),
        _("planned date of surgery"),
        metavar="YYYY-MM-DD",
        setting="surgery_date",
        step="scan",
        label=_("date of surgery"),
    ),
    ANSWER,
    ROLE,
)
SERIES = Option(
    ("--series",),
    _("this series only; ID/PHASE for one phase of a series that holds several"),
    metavar="ID|UID",
    setting="series",
    step="scan",
    label=_("series"),
    is_per_scan=True,
)
IDENTIFIED = Option(
    ("--identified",),
    _("let names, descriptions and UIDs into the output"),
    SWITCH,
    setting="include_identifiers",
    serialised="identified",
    step="files",
    label=_("names in the report"),
)
USE = Option(
    ("--use",),
    _("what the model is for (default general; see list uses)"),
    metavar="NAME|FILE",
    setting="use",
    step="scan",
    label=_("use"),
    is_preset=True,
)
ACCEPT_ANYWAY = Option(
    ("--accept-anyway",),
    _("go on with a rejected scan; the reason stands on the report"),
    metavar="REASON",
    setting="accept_anyway",
    step="scan",
    label=_("accepted anyway"),
    is_per_scan=True,
)
ANSWER_TIMES = Option(
    (),
    _("when each question was answered: for the record; a new run answers anew"),
    setting="answer_times",
    serialised="answered",
    step="scan",
    label=_("answer times"),
    is_preset=True,
    is_per_scan=True,
)
