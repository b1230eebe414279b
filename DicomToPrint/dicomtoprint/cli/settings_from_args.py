"""Parsed options of the command line as settings of a run."""

import argparse
from typing import TYPE_CHECKING

from ..config.options import COMMANDS
from ..config.run_settings import RunSettings
from ..errors import UsageError
from ..messages import _

if TYPE_CHECKING:
    from ..repair import RepairOptions


def settings_from_args(options: argparse.Namespace) -> RunSettings:
    """Settings of the parsed options of a command, as far as they are settings of a run. Raises `UsageError`."""
    if getattr(options, "base_kind", None) and not options.base:
        raise UsageError(
            _(
                "{--base-kind:{base_kind}} says what base it is: give {--base} too, or leave it out.",
                base_kind=options.base_kind,
            )
        )
    fields = {
        option.setting: option.kind.read(option.flags[0], getattr(options, option.name))
        for option in COMMANDS[options.command].options
        if option.setting
    }
    return RunSettings(**fields, language=options.language)


def repair_options_from_args(options: argparse.Namespace) -> "RepairOptions":
    """What the user chose for a repair. Raises `UsageError` for a choice that is not N=WORD, and for choices without --repair."""
    from ..pipeline.mesh_repair import repair_choices
    from ..repair import RepairOptions

    chosen = repair_choices(settings_from_args(options))
    if options.repair is None and chosen != RepairOptions():
        raise UsageError(_("Choices for a repair change nothing without one: add {--repair:OUT}."))
    return chosen
