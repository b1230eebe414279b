"""`sign`: an entry in the log beside a record, or a look at it."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError


def add_sign_options(parser: Any) -> None:
    """Options of `sign`."""
    parser.add_argument("record", type=Path, metavar="RECORD", help="record.json of a run, or its folder")
    parser.add_argument("--role", metavar="ROLE", help="who decides, by role, such as radiologist")
    parser.add_argument("--decision", choices=["approve", "reject"], help="what was decided")
    parser.add_argument("--comment", default="", metavar="TEXT", help="one line that is kept with the decision")
    parser.add_argument("--verify", action="store_true", help="only look whether log and files are as they were signed")
    parser.add_argument("--head", metavar="SHA256", help="with --verify: the head of the log as it was kept elsewhere")
    parser.add_argument("--json", metavar="FILE|-", help="write the JSON result to this file, or to the terminal (-)")


def run_sign(options: argparse.Namespace) -> tuple[int, Mapping[str, Any], str]:
    """The exit code (1 where log or files are not as signed), the JSON and the words of `sign`."""
    from ..io import write_text_atomically
    from ..pipeline.output_folder import lock_output_folder
    from ..pipeline.reviewed_model import record_path
    from ..report.sign_off_page import render_sign_off
    from ..run_record import append_sign_off, check_sign_off, read_record
    from ..run_record.sign_off import PAGE

    record = record_path(options.record)
    if options.verify:
        if options.role or options.decision:
            raise UsageError("--verify only looks: leave out --role and --decision, or --verify.")
        read_record(record)
        state = check_sign_off(record, options.head)
    else:
        if not options.role or not options.role.strip() or not options.decision:
            raise UsageError(
                "A sign-off needs --role and --decision approve or reject; --verify only looks at the log."
            )
        if options.head:
            raise UsageError("--head is held against the log by --verify: give both, or neither.")
        read_record(record)
        with lock_output_folder(record.parent):
            state = append_sign_off(record, _line(options.role), options.decision, _line(options.comment))
            write_text_atomically(record.parent / PAGE, render_sign_off(state.holds, state.lines, state.entries))
    return 0 if state.holds else 1, state.as_json(), "\n".join(state.lines)


def _line(text: str) -> str:
    """A text as one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
