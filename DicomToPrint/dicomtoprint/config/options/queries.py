"""What the table says of settings."""

from collections.abc import Iterator, Mapping

from .commands import COMMANDS
from .option import STEPS, Option
from .output import LANGUAGE
from .scan import ANSWER_TIMES


def _of_settings() -> Iterator[tuple[str, Option]]:
    for command in ("prepare", "run"):  # where both have an option, that of `run` counts
        for option in COMMANDS[command].options:
            if option.setting:
                yield option.setting, option
    for option in (ANSWER_TIMES, LANGUAGE):
        yield option.setting, option


OPTION_OF_SETTING: Mapping[str, Option] = dict(_of_settings())


def settings_of_command(command: str) -> tuple[str, ...]:
    """The settings that options of a command set."""
    return tuple(option.setting for option in COMMANDS[command].options if option.setting)


def settings_of_step(step: str) -> tuple[str, ...]:
    """The settings that change the result of this step of the panel first."""
    return tuple(name for name, option in OPTION_OF_SETTING.items() if option.step == step)


def earliest_step(setting: str) -> str:
    """The first step of the panel that a setting concerns."""
    option = OPTION_OF_SETTING.get(setting)
    return option.step if option else STEPS[0]


def label_of_setting(setting: str) -> str:
    """A setting in words."""
    option = OPTION_OF_SETTING.get(setting)
    return option.label if option else setting.replace("_", " ")


def per_scan_settings() -> tuple[str, ...]:
    """Settings that mean something in one scan alone."""
    return tuple(name for name, option in OPTION_OF_SETTING.items() if option.is_per_scan)


def preset_settings() -> tuple[str, ...]:
    """Settings that are no deviation from a preset: the presets themselves, and answers."""
    return tuple(name for name, option in OPTION_OF_SETTING.items() if option.is_preset)


def settings_with_files() -> tuple[str, ...]:
    """Settings that may be a file of the user's own instead of a built-in name."""
    return tuple(name for name, option in OPTION_OF_SETTING.items() if option.takes_file)


def attached_flags() -> frozenset[str]:
    """Options whose value may begin with a minus."""
    return frozenset(flag for option in OPTION_OF_SETTING.values() if option.kind.is_attached for flag in option.flags)
