"""Options that several commands take, each with one wording."""

from typing import Any

from ..messages import _


def add_json_option(parser: Any) -> None:
    """`--json`."""
    parser.add_argument(
        "--json", metavar="FILE|-", help=_("write the JSON result to this file, or to the terminal (-)")
    )


def add_process_options(parser: Any) -> None:
    """`--process` and `--printer`."""
    parser.add_argument(
        "--process", default="fdm", metavar="NAME|FILE", help=_("print process (default fdm; see list processes)")
    )
    parser.add_argument(
        "--printer",
        metavar="NAME|FILE|WxDxH",
        help=_("printer, or its build volume in mm (default: usual for the process; see list printers)"),
    )


def add_page_options(parser: Any, turning: str, printed: str) -> None:
    """`--viewer` for the page `turning` and `--pdf` for the file `printed`."""
    parser.add_argument(
        "--viewer",
        action="store_true",
        help=_(
            "also {turning}, in which the model turns and can be cut in any browser, offline (needs k3d)",
            turning=turning,
        ),
    )
    parser.add_argument(
        "--pdf",
        action="store_true",
        help=_("also {printed}, printed by an installed Chrome, Chromium or Edge", printed=printed),
    )
