"""Options of the commands beside the way from a scan to a file: many cases, the printed part, test plates, signatures."""

from ...messages import _
from ..option_types import case_count, day, gigabytes, positive, process_name
from .kinds import PATH, SWITCH, TEXT, TEXTS, OptionKind, choice, typed
from .option import Option
from .output import FORMAT_OF_PLATE, JSON, PRINTER, PROCESS, folder, pages

BATCH = (
    Option(
        ("inputs",),
        _(
            "folder of a study, archive folder (a case a study), file, or .csv with a row a case; none: "
            "write the pages anew"
        ),
        OptionKind({"nargs": "*"}),
        "INPUT",
    ),
    Option(("--jobs",), _("cases at a time (default: one a core, while memory is free)"), typed(case_count), "N"),
    Option(
        ("--memory-per-case",), _("what a case may take (default: by the size of its series)"), typed(gigabytes), "GB"
    ),
    Option(("--scheduler",), _("run on a Dask cluster: its address, or its scheduler file"), TEXT, "ADDRESS|FILE"),
    Option(("--retry-failed",), _("try again what failed or was unreadable"), SWITCH),
    Option(("--list",), _("show the name, the verdict and the input of each case; run nothing"), SWITCH),
)
REPLAY = (
    Option(("record",), _("record of the run"), PATH, "record.json"),
    Option(("--input",), _("the same scan or mesh, as for run or prepare"), TEXT, "INPUT", is_required=True),
    folder(_("folder for the repeated results"), is_required=True),
)
PACKED = Option(("input",), _("folder, file, DICOMDIR, .zip, or dicomdb:SERIESUID in Slicer"), TEXT, "INPUT")
PACK = (
    folder(_("an empty or new folder, or a file ending in .zip"), is_required=True, metavar="DIR|ZIP"),
    Option(
        ("--series",),
        _("this series, with the original of a reformat (repeatable; default: the entire study)"),
        TEXTS,
        "ID|UID",
    ),
    Option(("--deidentify",), _("by the basic profile of DICOM PS3.15; needs the package dicom-anonymizer"), SWITCH),
)
REVIEW = (
    Option(("record",), _("record.json of the run that made the model, or its folder"), PATH, "RECORD"),
    Option(
        ("--part",),
        _("the printed part in any pose: a surface scan (STL, PLY, OBJ) or a CT of it (DICOM, NIfTI)"),
        PATH,
        "FILE|FOLDER",
    ),
    Option(("--series",), _("the series of the CT, where it has several (default: the best)"), TEXT, "ID"),
    Option(("--unit",), _("unit of the scan: mm, cm, m, inch (default: what it says, else mm)"), TEXT, "UNIT"),
    Option(
        ("--scan-error",), _("the scanner's own error, as its maker or its last test states it"), typed(positive), "MM"
    ),
    Option(("--model",), _("the model of the record that was printed, where it has several"), TEXT, "NAME"),
    Option(
        ("--caliper",),
        _("a distance of the report's list, by number or words, as it was measured; or a table of them (repeatable)"),
        TEXTS,
        "NAME=MM|CSV",
    ),
    Option(("--person",), _("who measured, by role or initials"), TEXT, "TEXT", ""),
    Option(("--instrument",), _("what was measured with"), TEXT, "TEXT", ""),
    Option(("--process",), _("process of the print (default: that of the record)"), TEXT, "NAME|FILE"),
    Option(("--use",), _("what the part is for (default: that of the record)"), TEXT, "NAME|FILE"),
    folder(_("folder for the results (default: review beside the record)")),
    *pages("part.html", "review.pdf"),
    Option(("--identified",), _("let the name of the scan's file into the output"), SWITCH),
    JSON,
)
SIGN = (
    Option(("record",), _("record.json of a run, or its folder"), PATH, "RECORD"),
    Option(("--role",), _("who decides, by role, such as radiologist"), TEXT, "ROLE"),
    Option(("--decision",), _("what was decided"), choice("approve", "reject")),
    Option(("--comment",), _("one line that is kept with the decision"), TEXT, "TEXT", ""),
    Option(
        ("--checked",),
        _("one point of the anatomy's checklist that was looked at, such as 'left orbit whole' (repeatable)"),
        TEXTS,
        "TEXT",
    ),
    Option(("--key",), _("sign with this private key of your own (OpenSSH or PEM; needs cryptography)"), PATH, "FILE"),
    Option(("--certificate",), _("with {--key}: its X.509 certificate (PEM), which goes into the log"), PATH, "FILE"),
    Option(("--verify",), _("only look whether log and files are as they were signed"), SWITCH),
    Option(("--head",), _("with {--verify}: the head of the log as it was kept elsewhere"), TEXT, "SHA256"),
    Option(
        ("--trust",),
        _("with {--verify}: public keys (OpenSSH) or certificates (PEM), one of which every entry must be signed with"),
        PATH,
        "FILE",
    ),
    JSON,
)
COMPARE = (
    Option(("first",), _("record.json of a run, or its folder"), PATH, "RECORD"),
    Option(("second",), _("that of the other run"), PATH, "RECORD"),
    Option(("--model",), _("the model of both records, where they have several"), TEXT, "NAME"),
    folder(_("folder for first.ply and second.ply with their distances")),
    JSON,
)
COUPON = (PROCESS, PRINTER, folder(_("folder for the plate and its form"), is_required=True), FORMAT_OF_PLATE, JSON)
CALIBRATE = (
    Option(("coupon",), _("folder that coupon wrote, or the coupon.json in it"), PATH, "COUPON"),
    Option(
        ("--measured",),
        _("the filled-in form, or a surface scan of the printed plate (STL, PLY, OBJ)"),
        PATH,
        "CSV|SCAN",
        is_required=True,
    ),
    Option(("--printer",), _("which printer made it, as your lab calls it"), TEXT, "TEXT", is_required=True),
    Option(("--material",), _("in which material"), TEXT, "TEXT", is_required=True),
    Option(("--person",), _("who measured, by role or initials"), TEXT, "TEXT", is_required=True),
    Option(("--instrument",), _("what was measured with"), TEXT, "TEXT", ""),
    folder(_("process file to write (.json)"), is_required=True, metavar="FILE"),
    Option(("--name",), _("its name: small letters, digits, hyphens"), typed(process_name), "NAME"),
    Option(("--date",), _("day of the measurement (default: today)"), typed(day), "YYYY-MM-DD"),
    Option(("--expires",), _("last day on which it holds (default: 180 days later)"), typed(day), "YYYY-MM-DD"),
    Option(("--unit",), _("unit of the scan: mm, cm, m, inch (default: what it says, else mm)"), TEXT, "UNIT"),
    Option(("--scan-error",), _("the scanner's own error; a scan needs it, a form does not"), typed(positive), "MM"),
    JSON,
)
LIST = (
    Option(
        ("kind",),
        _("each built-in name with its title and what it is for; a .json file of your own is given by its path"),
        choice("protocols", "anatomy", "processes", "printers", "uses", "label-names", "slicers", "backends", "steps"),
    ),
)
