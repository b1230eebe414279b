"""The option table: one `Option` for each option, and each command's list of them."""

from .commands import COMMANDS
from .controls import Choice, Control, Number, Switch
from .kinds import DEFAULT_KEEP_OUT_RADIUS_MM, number_text
from .option import OF_THE_SETTING, STEPS, Command, Option, OptionGroup
from .output import DEBUG, LANGUAGE, QUIET
from .queries import (
    OPTION_OF_SETTING,
    attached_flags,
    earliest_step,
    label_of_setting,
    per_scan_settings,
    preset_settings,
    settings_of_command,
    settings_of_step,
    settings_with_files,
)

__all__ = [
    "COMMANDS",
    "DEBUG",
    "DEFAULT_KEEP_OUT_RADIUS_MM",
    "LANGUAGE",
    "OF_THE_SETTING",
    "OPTION_OF_SETTING",
    "QUIET",
    "STEPS",
    "Choice",
    "Command",
    "Control",
    "Number",
    "Option",
    "OptionGroup",
    "Switch",
    "attached_flags",
    "earliest_step",
    "label_of_setting",
    "number_text",
    "per_scan_settings",
    "preset_settings",
    "settings_of_command",
    "settings_of_step",
    "settings_with_files",
]
