"""Options of the anatomy: what is segmented, by what, and which part of it is wanted."""

from ...messages import _
from ..option_types import positive
from .kinds import DISTINCT_TEXTS, POINTS, REGION, SWITCH, THRESHOLD, typed
from .option import Option

ANATOMY = Option(
    ("--anatomy",),
    _("what to segment (default bone; see list anatomy)"),
    metavar="NAME|FILE",
    setting="anatomy",
    step="anatomy",
    label=_("anatomy"),
    is_preset=True,
)
GIVEN_LABELS = (
    Option(
        ("--segmentation",),
        _("given segmentation: NIfTI, NRRD, DICOM SEG or RT Structure Set"),
        metavar="FILE",
        setting="segmentation",
        step="anatomy",
        label=_("given segmentation"),
        no_control=_("a file is loaded into the scene and chosen under 'Use instead'"),
    ),
    Option(
        ("--labels",),
        _("of the given segmentation these structures, by name or value (repeatable; default: all)"),
        DISTINCT_TEXTS,
        "A,B",
        setting="labels",
        step="anatomy",
        label=_("structures"),
    ),
    Option(
        ("--merge",),
        _("join the chosen structures into one"),
        SWITCH,
        setting="merge",
        step="anatomy",
        label=_("structures joined"),
    ),
    Option(
        ("--largest-island",),
        _("of each structure of the given segmentation its largest part alone"),
        SWITCH,
        setting="largest_island",
        step="anatomy",
        label=_("largest island"),
        no_control=_("'Islands' of the Segment Editor keeps the largest one"),
    ),
    Option(
        ("--label-names",),
        _("what the values are called (see list label-names; .json: name by value, or the dataset.json of nnU-Net)"),
        metavar="NAME|FILE",
        setting="label_names",
        step="anatomy",
        label=_("label names"),
        no_control=_("segments have their names in the scene"),
    ),
    Option(
        ("--smooth-labels",),
        _(
            "take details narrower than this out of labels whose surface no grey value of the scan finds "
            "(default: none)"
        ),
        typed(positive),
        "MM",
        setting="smooth_labels",
        step="anatomy",
        label=_("smoothing of labels"),
    ),
    Option(
        ("--label-cutoff",),
        _("for probabilities: from which one a voxel counts, such as 0.5"),
        typed(float),
        "P",
        setting="label_cutoff",
        step="anatomy",
        label=_("label cutoff"),
        no_control=_("a probability map becomes a segment by 'Threshold' of the Segment Editor"),
    ),
)
BACKEND = (
    Option(
        ("--segment-with",),
        _(
            "let this installed program label the scan, in its own process (see list backends; "
            "nnunet:FOLDER for a model of your own)"
        ),
        metavar="NAME[:TASK]",
        setting="segment_with",
        step="anatomy",
        label=_("program that labels the scan"),
    ),
    Option(
        ("--backend-command",),
        _("its program, or the Python that it is installed in (default: looked for in PATH)"),
        metavar="PROGRAM",
        setting="backend_command",
        step="anatomy",
        label=_("place of that program"),
    ),
    Option(
        ("--confirm-licence",),
        _("you have read what the licence of this backend allows (else asked once)"),
        metavar="NAME",
        setting="confirm_licence",
        step="anatomy",
        label=_("licence confirmed"),
    ),
)
REGION_AND_GREY_VALUES = (
    Option(
        ("--threshold",),
        _("grey values of the anatomy instead of the measured boundary"),
        THRESHOLD,
        "LOW[,HIGH]",
        setting="threshold",
        step="anatomy",
        label=_("threshold"),
    ),
    Option(
        ("--seed",),
        _("point in the wanted structure, mm (repeatable)"),
        POINTS,
        "R,A,S",
        setting="seeds",
        step="anatomy",
        label=_("seed points"),
        is_per_scan=True,
    ),
    Option(
        ("--roi",),
        _("region of interest, mm"),
        REGION,
        "R,R,A,A,S,S",
        setting="roi",
        step="anatomy",
        label=_("region"),
        is_per_scan=True,
    ),
    Option(
        ("--least-branch",),
        _("leave out side branches of a vessel thinner than this"),
        typed(positive),
        "MM",
        setting="least_branch",
        step="anatomy",
        label=_("thinnest branch"),
    ),
)
