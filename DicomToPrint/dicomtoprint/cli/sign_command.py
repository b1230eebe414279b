"""`sign`: an entry in the log beside a record, or a look at it."""

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..config.option_types import one_line
from ..errors import UsageError
from ..messages import _, join


def run_sign(options: argparse.Namespace) -> tuple[int, Mapping[str, Any], str]:
    """The exit code (1 where log or files are not as signed), the JSON and the words of `sign`."""
    from ..io import write_text_atomically
    from ..pipeline.output_folder import lock_output_folder
    from ..pipeline.reviewed_model import record_path
    from ..report.sign_off_page import PAGE, render_sign_off
    from ..run_record import append_sign_off, check_sign_off, load_signing_key, read_record, read_trusted

    record = record_path(options.record)
    if options.verify:
        if options.role or options.decision or options.checked or options.key or options.certificate:
            raise UsageError(
                _(
                    "{--verify} only looks: leave out {--role}, {--decision}, {--checked}, {--key} and {--certificate}, or "
                    "{--verify}."
                )
            )
        read_record(record)
        trusted = read_trusted(options.trust) if options.trust else None
        state = check_sign_off(record, options.head, trusted)
    else:
        if not options.role or not options.role.strip() or not options.decision:
            raise UsageError(
                _("A sign-off needs {--role} and {--decision} approve or reject; {--verify} only looks at the log.")
            )
        if options.head or options.trust:
            raise UsageError(
                _("{--head} and {--trust} are held against the log by {--verify}: give it too, or neither of them.")
            )
        if options.certificate and not options.key:
            raise UsageError(_("{--certificate} goes with the private key that it belongs to: give {--key} too."))
        answers = read_record(record).checklist
        _keep_key_out(options.key, record.parent)
        key = load_signing_key(options.key, options.certificate, _ask_passphrase()) if options.key else None
        with lock_output_folder(record.parent):
            checked = tuple(filter(None, map(one_line, options.checked)))
            state = append_sign_off(
                record, one_line(options.role), options.decision, one_line(options.comment), key, checked, answers
            )
            write_text_atomically(record.parent / PAGE, render_sign_off(state.holds, state.lines, state.entries))
    return 0 if state.holds else 1, state.as_json(), join("\n", state.lines)


def _ask_passphrase() -> Callable[[], str] | None:
    """What asks for the passphrase of a locked key; None where nobody can answer."""
    if not sys.stdin or not sys.stdin.isatty():
        return None
    return lambda: getpass.getpass(_("Passphrase of the key: "))


def _keep_key_out(key: Path | None, folder: Path) -> None:
    """Raises `UsageError` for a private key among the files that are signed, which are passed on."""
    if key is not None and folder.resolve() in key.resolve().parents:
        raise UsageError(
            _("{key} lies in the folder that is signed and passed on: keep private keys elsewhere.", key=key.name)
        )
