"""Options for what is written besides a report: a page that turns, and a PDF."""

from typing import Any


def add_page_options(parser: Any, turning: str, printed: str) -> None:
    """`--viewer` for the page `turning` and `--pdf` for the file `printed`."""
    parser.add_argument(
        "--viewer",
        action="store_true",
        help=f"also {turning}, in which the model turns and can be cut in any browser, offline (needs k3d)",
    )
    parser.add_argument(
        "--pdf", action="store_true", help=f"also {printed}, printed by an installed Chrome, Chromium or Edge"
    )
