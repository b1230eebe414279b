"""`sign`: an entry in the log beside a record, or a look at it."""

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..messages import _, join
from .option_types import one_line
from .shared_options import add_json_option


def add_sign_options(parser: Any) -> None:
    """Options of `sign`."""
    parser.add_argument("record", type=Path, metavar="RECORD", help=_("record.json of a run, or its folder"))
    parser.add_argument("--role", metavar="ROLE", help=_("who decides, by role, such as radiologist"))
    parser.add_argument("--decision", choices=["approve", "reject"], help=_("what was decided"))
    parser.add_argument("--comment", default="", metavar="TEXT", help=_("one line that is kept with the decision"))
    parser.add_argument(
        "--checked",
        action="append",
        default=[],
        metavar="TEXT",
        help=_("one point of the anatomy's checklist that was looked at, such as 'left orbit whole' (repeatable)"),
    )
    parser.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help=_("sign with this private key of your own (OpenSSH or PEM; needs cryptography)"),
    )
    parser.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help=_("with {--key}: its X.509 certificate (PEM), which goes into the log"),
    )
    parser.add_argument(
        "--verify", action="store_true", help=_("only look whether log and files are as they were signed")
    )
    parser.add_argument(
        "--head", metavar="SHA256", help=_("with {--verify}: the head of the log as it was kept elsewhere")
    )
    parser.add_argument(
        "--trust",
        type=Path,
        metavar="FILE",
        help=_(
            "with {--verify}: public keys (OpenSSH) or certificates (PEM), one of which every entry must be signed with"
        ),
    )
    add_json_option(parser)


def run_sign(options: argparse.Namespace) -> tuple[int, Mapping[str, Any], str]:
    """The exit code (1 where log or files are not as signed), the JSON and the words of `sign`."""
    from ..io import write_text_atomically
    from ..pipeline.output_folder import lock_output_folder
    from ..pipeline.reviewed_model import record_path
    from ..report.sign_off_page import render_sign_off
    from ..run_record import append_sign_off, check_sign_off, load_signing_key, read_record, read_trusted
    from ..run_record.sign_off import PAGE

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
        read_record(record)
        _keep_key_out(options.key, record.parent)
        key = load_signing_key(options.key, options.certificate, _ask_passphrase()) if options.key else None
        with lock_output_folder(record.parent):
            checked = tuple(filter(None, map(one_line, options.checked)))
            state = append_sign_off(
                record, one_line(options.role), options.decision, one_line(options.comment), key, checked
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
