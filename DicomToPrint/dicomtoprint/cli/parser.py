"""The parser of the command line, from the option table."""

import argparse
from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..config.options import (
    COMMANDS,
    DEBUG,
    LANGUAGE,
    OF_THE_SETTING,
    QUIET,
    Command,
    Option,
    OptionGroup,
    attached_flags,
)
from ..config.run_settings import RunSettings
from ..errors import UsageError
from ..messages import Message, _
from .language import SpeakingParser

EXAMPLES = _("""examples:
  dicom_to_print.py check CT_FOLDER                               is this scan fit for a print?
  dicom_to_print.py run CT_FOLDER --output OUT --process sla      from the scan to a checked STL and 3MF
  dicom_to_print.py inspect model.stl --process fdm --json -      will this file print?
  dicom_to_print.py prepare model.stl --output OUT --hollow 2     make a checked print file from a mesh
  dicom_to_print.py review OUT/record.json --part scan.stl        is the printed part as it should be?
  dicom_to_print.py demo --output OUT                             make a phantom CT and run it

exit codes: 0 accept, warn, ask (check), ready (run, prepare, inspect) or pass (review); 1 reject, not ready or fail; 2 usage;
3 the input cannot be read; 4 an open question blocks this use, or a part is ambiguous; 5 an output cannot be written;
70 internal error; 130 interrupted

NAME is one that `list` shows, FILE a .json file of your own in the same form. Points are R,A,S in mm, as Slicer shows them.

Not a medical device: the result is a processed representation of imaging data and needs qualified review.""")


class _Parser(SpeakingParser):
    """Turns argparse's own exit into a sentence."""

    def error(self, message: str) -> Any:
        raise UsageError(
            _("{message}: see {program} {--help}.", message=message[:1].upper() + message[1:], program=self.prog)
        )


def join_negative_values(arguments: Sequence[str]) -> list[str]:
    """`--seed -10,2,3` as `--seed=-10,2,3`: argparse would take the value for an option."""
    attached, joined = attached_flags(), list[str]()
    for argument in arguments:
        if joined and joined[-1] in attached and argument[:1] == "-" and argument[1:2].isdigit():
            joined[-1] += "=" + argument
        else:
            joined.append(argument)
    return joined


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; where `only` names one, of that alone: a start needs no other."""
    parser = _Parser(
        prog="dicom_to_print.py",
        description=_("From a CT to a checked print file, with a verdict at every step."),
        epilog=EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"DicomToPrint {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in (only,) if only is not None and only in COMMANDS else COMMANDS:
        _add_command(commands, name, COMMANDS[name])
    return parser


def _add_command(commands: Any, name: str, command: Command) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=command.help,
        description=Message(command.help).capitalised() + ".",
        epilog=EXAMPLES,
    )
    _add_option(parser, DEBUG)
    _add_option(parser, LANGUAGE)
    if name == "replay":  # speaks as its record did, where nobody asks for another language
        parser.set_defaults(language=None)
    _add_option(parser, QUIET)
    for part in command.content:
        if isinstance(part, OptionGroup):
            group = parser.add_argument_group(part.title, part.description)
            for option in part.options:
                _add_option(group, option)
        else:
            _add_option(parser, part)


def _add_option(parser: Any, option: Option) -> None:
    words = dict(option.kind.arguments)
    if option.metavar is not None:
        words["metavar"] = option.metavar
    if option.is_required:
        words["required"] = True
    if option.default is not OF_THE_SETTING:
        words["default"] = option.default
    elif option.setting and "action" not in words:
        words["default"] = getattr(RunSettings, option.setting)
    parser.add_argument(*option.flags, help=option.help, **words)
