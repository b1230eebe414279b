"""Options of the commands on the printed part."""

from pathlib import Path
from typing import Any

from .option_types import positive
from .shared_options import add_json_option, add_page_options


def add_review_options(parser: Any) -> None:
    """Options of `review`."""
    parser.add_argument(
        "record", type=Path, metavar="RECORD", help="record.json of the run that made the model, or its folder"
    )
    parser.add_argument(
        "--part",
        type=Path,
        metavar="FILE|FOLDER",
        help="the printed part in any pose: a surface scan (STL, PLY, OBJ) or a CT of it (DICOM, NIfTI)",
    )
    parser.add_argument("--series", metavar="ID", help="the series of the CT, where it has several (default: the best)")
    parser.add_argument(
        "--unit", metavar="UNIT", help="unit of the scan: mm, cm, m, inch (default: what it says, else mm)"
    )
    parser.add_argument(
        "--scan-error",
        type=positive,
        metavar="MM",
        help="the scanner's own error, as its maker or its last test states it",
    )
    parser.add_argument(
        "--model", metavar="NAME", help="the model of the record that was printed, where it has several"
    )
    parser.add_argument(
        "--caliper",
        action="append",
        default=[],
        metavar="NAME=MM|CSV",
        help="a distance of the report's list, by number or words, as it was measured; or a table of them (repeatable)",
    )
    parser.add_argument("--person", default="", metavar="TEXT", help="who measured, by role or initials")
    parser.add_argument("--instrument", default="", metavar="TEXT", help="what was measured with")
    parser.add_argument("--process", metavar="NAME|FILE", help="process of the print (default: that of the record)")
    parser.add_argument("--use", metavar="NAME|FILE", help="what the part is for (default: that of the record)")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder for the results (default: review beside the record)"
    )
    add_page_options(parser, "part.html", "review.pdf")
    parser.add_argument("--identified", action="store_true", help="let the name of the scan's file into the output")
    add_json_option(parser)
