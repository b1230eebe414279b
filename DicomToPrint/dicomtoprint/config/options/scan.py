"""Options of the scan: which it is, what it is judged by, and what its operator says to it."""

from .kinds import ANSWERS, SWITCH, SWITCH_OFF, TEXTS
from .option import Option

INPUT = Option(
    ("input",),
    "folder, file, DICOMDIR, .zip, NIfTI/NRRD volume, or dicomdb:SERIESUID in Slicer",
    metavar="INPUT",
    no_control="the volume, series or folder of step 1",
)
JUDGEMENT = (
    Option(
        ("--protocol",),
        "judge under this protocol (repeatable; default: 3dsystems-ortho and exoplan-import, in run that of the use)",
        TEXTS,
        "NAME|FILE",
        setting="protocols",
        step="scan",
        label="protocols",
    ),
    Option(
        ("--no-pixels",),
        "judge the headers alone",
        SWITCH_OFF,
        setting="check_pixels",
        serialised="pixels",
        step="scan",
        label="headers only",
    ),
    Option(
        ("--surgery-date",),
        "planned date of surgery",
        metavar="YYYY-MM-DD",
        setting="surgery_date",
        step="scan",
        label="date of surgery",
    ),
    Option(
        ("--answer",),
        "answer a question (repeatable)",
        ANSWERS,
        "RULE=yes|no",
        setting="answers",
        step="scan",
        label="answers",
        is_preset=True,
        is_per_scan=True,
    ),
    Option(
        ("--role",),
        "role of who answers, for the record",
        metavar="ROLE",
        setting="role",
        step="scan",
        label="role",
        is_preset=True,
    ),
)
SERIES = Option(
    ("--series",),
    "this series only; ID/PHASE for one phase of a series that holds several",
    metavar="ID|UID",
    setting="series",
    step="scan",
    label="series",
    is_per_scan=True,
)
IDENTIFIED = Option(
    ("--identified",),
    "let names, descriptions and UIDs into the output",
    SWITCH,
    setting="include_identifiers",
    serialised="identified",
    step="files",
    label="names in the report",
)
USE = Option(
    ("--use",),
    "what the model is for (default general; see list uses)",
    metavar="NAME|FILE",
    setting="use",
    step="scan",
    label="use",
    is_preset=True,
)
ACCEPT_ANYWAY = Option(
    ("--accept-anyway",),
    "go on with a rejected scan; the reason stands on the report",
    metavar="REASON",
    setting="accept_anyway",
    step="scan",
    label="accepted anyway",
    is_per_scan=True,
)
ANSWER_TIMES = Option(
    (),
    "when each question was answered: for the record; a new run answers anew",
    setting="answer_times",
    serialised="answered",
    step="scan",
    label="answer times",
    is_preset=True,
    is_per_scan=True,
)
