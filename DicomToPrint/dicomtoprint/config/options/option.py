"""What is known of one option, in one place."""

from dataclasses import dataclass
from typing import Any

from .controls import Control
from .kinds import TEXT, OptionKind

STEPS = ("scan", "anatomy", "model", "print", "files")  # of the panel, in their order
OF_THE_SETTING = object()  # a default that stands in `RunSettings`


@dataclass(frozen=True)
class Option:
    """An option of the command line, with what the settings of a run and the panel make of it.

    Parameters
    ----------
    flags
        Its names: one without a hyphen is a positional argument, none is a setting that only the panel and the record have.
    help
        What it is for, as ``--help`` shows it.
    kind
        How its values are read and written.
    metavar
        What stands for its value in the help; alternatives that are files contain ``FILE``.
    default
        Argparse's default; left out, that of the setting.
    is_required
        True where the command refuses to run without it.
    setting
        The field of `RunSettings` that it sets; empty for an option of the command alone.
    serialised
        The setting's name in records and scenes and as a keyword, where it differs from the field's. It is public: it never changes.
    step
        The step of the panel whose result the setting changes first.
    label
        The setting in the panel's words.
    no_control
        Why the panel has no control for it.
    control
        The control that the panel makes of it; None where it has one of its own, or none.
    is_preset
        True for what the choice of use, anatomy or process itself is, and for answers: no deviation from a preset.
    is_per_scan
        True where a value means something in one scan alone: places, answers, names of its structures.
    """

    flags: tuple[str, ...]
    help: str
    kind: OptionKind = TEXT
    metavar: str | None = None
    default: Any = OF_THE_SETTING
    is_required: bool = False
    setting: str = ""
    serialised: str = ""
    step: str = ""
    label: str = ""
    no_control: str = ""
    is_preset: bool = False
    is_per_scan: bool = False
    control: Control | None = None

    @property
    def name(self) -> str:
        """The name of its value among argparse's."""
        return self.flags[0].lstrip("-").replace("-", "_")

    @property
    def serialised_name(self) -> str:
        """The name of the setting in records and scenes."""
        return self.serialised or self.setting

    @property
    def takes_file(self) -> bool:
        """True where the value of the setting may name a file of the user's own."""
        return bool(self.setting) and "FILE" in (self.metavar or "").split("|")


@dataclass(frozen=True)
class OptionGroup:
    """Options under a title of their own in the help."""

    title: str
    description: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Command:
    """What a command is for, and its options in the order in which the help lists them."""

    help: str
    content: tuple[Option | OptionGroup, ...]

    @property
    def options(self) -> tuple[Option, ...]:
        """All of them, those of groups included."""
        return tuple(
            option for part in self.content for option in (part.options if isinstance(part, OptionGroup) else (part,))
        )
