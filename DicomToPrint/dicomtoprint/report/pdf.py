"""A page as PDF, by the browser that is installed: it draws the page as everyone sees it."""

import os
import shutil
from pathlib import Path

from ..config import resources
from ..errors import MissingDependencyError, OutputError
from ..io.atomic import temporary_directory, write_bytes_atomically
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..workers.program import ProgramLimits, run_program


def find_browser() -> str:
    """Path of a browser that prints pages. Raises `MissingDependencyError` where none is installed."""
    content, _text = resources.load_json_resource("browsers", "browsers")
    for command in content["commands"]:
        found = shutil.which(command)
        if found:
            return found
    for path in content["paths"]:
        if Path(path).is_file():
            return str(path)
    raise MissingDependencyError(
        _(
            "A PDF is printed by a browser, and neither Chrome, Chromium nor Edge was found on this "
            "computer: install one, open the page and print it there, or leave {--pdf} out."
        )
    )


def print_to_pdf(page: Path, target: Path, progress: ProgressCallback = no_progress) -> Path:
    """Prints a page of ours as PDF: whole or not at all.

    Raises `MissingDependencyError` without a browser, `OutputError` where it makes no PDF, and what `progress` raises.
    """
    browser = find_browser()
    content, _text = resources.load_json_resource("browsers", "browsers")
    with temporary_directory() as folder:
        made = folder / "page.pdf"
        values = {"page": page.resolve().as_uri(), "output": str(made), "profile": str(folder / "profile")}
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        arguments = [*(content["as_root"] if is_root else []), *content["arguments"]]
        try:
            end = run_program(
                [browser, *(argument.format(**values) for argument in arguments)],
                folder,
                ProgramLimits(content["timeout_s"]),
                lambda _said: progress(0.5, _("printing the page as PDF")),
            )
        except OSError as error:
            raise OutputError(
                _(
                    "{browser} could not be started ({kind}): {way_out}",
                    browser=Path(browser).name,
                    kind=type(error).__name__,
                    way_out=_WAY_OUT,
                )
            ) from None
        data = made.read_bytes() if made.is_file() else b""
        if end.limit:
            raise OutputError(
                _(
                    "{browser} gave no PDF in {timeout_s:g} s and was stopped: {way_out}",
                    browser=Path(browser).name,
                    timeout_s=content["timeout_s"],
                    way_out=_WAY_OUT,
                )
            )
        if end.code != 0 or not data.startswith(b"%PDF"):
            raise OutputError(
                _(
                    "{browser} ended with code {code} and gave no PDF: {way_out}",
                    browser=Path(browser).name,
                    code=end.code,
                    way_out=_WAY_OUT,
                )
            )
    return write_bytes_atomically(target, data)


_WAY_OUT = _("open the page and print it there, or leave {--pdf} out.")
