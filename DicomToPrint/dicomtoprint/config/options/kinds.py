"""Kinds of options: what argparse is given, how its value becomes a setting, and how a setting becomes words of a command again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ...messages import _

DEFAULT_KEEP_OUT_RADIUS_MM = 10.0  # around a marked place, where nothing else is said


def _as_it_is(flag: str, value: Any) -> Any:
    return value


def _flag_and_value(flag: str, value: Any) -> list[str]:
    return [flag, number_text(value)]


@dataclass(frozen=True)
class OptionKind:
    """How the values of an option are read and written.

    Parameters
    ----------
    arguments
        Keywords of `argparse.ArgumentParser.add_argument`.
    read
        From the option's name and argparse's value to the value of the setting. Raises `UsageError`.
    write
        From the option's name and the setting's value to the words that give it.
    is_attached
        True where a value may begin with a minus, so that it is written as ``--option=value``.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    read: Callable[[str, Any], Any] = _as_it_is
    write: Callable[[str, Any], list[str]] = _flag_and_value
    is_attached: bool = False

    @property
    def is_switch(self) -> bool:
        """True where the option takes no value."""
        return self.arguments.get("action") == "store_true"

    @property
    def is_repeated(self) -> bool:
        """True where each use of the option adds a value."""
        return isinstance(self.arguments.get("default"), list)


def number_text(value: Any) -> str:
    """A number without a digit less, other values as text."""
    return repr(float(value)).removesuffix(".0") if isinstance(value, float) else str(value)


def typed(convert: Callable[[str], Any]) -> OptionKind:
    """One value, converted by argparse."""
    return OptionKind({"type": convert})


def choice(*names: str) -> OptionKind:
    """One of these names."""
    return OptionKind({"choices": list(names)})


def _only_flag(flag: str, value: Any) -> list[str]:
    return [flag]


def _repeated(flag: str, values: Sequence[Any]) -> list[str]:
    return [part for item in values for part in (flag, str(item))]


def texts(**arguments: Any) -> OptionKind:
    """A text that may be given several times."""
    return OptionKind({"action": "append", "default": [], **arguments}, lambda flag, given: tuple(given), _repeated)


def distinct_texts(**arguments: Any) -> OptionKind:
    """A text that may be given several times; blank ones and repetitions are left out."""
    return OptionKind(
        {"action": "append", "default": [], **arguments},
        lambda flag, given: tuple(dict.fromkeys(text for text in given if text.strip())),
        _repeated,
    )


def pairs(read: Callable[[str, Sequence[str]], Any]) -> OptionKind:
    """KEY=VALUE, several times."""

    def write(flag: str, value: Sequence[tuple[Any, Any]]) -> list[str]:
        return [part for key, item in value for part in (flag, f"{key}={number_text(item)}")]

    return OptionKind({"action": "append", "default": []}, read, write)


def points(read: Callable[[str, str], tuple[float, ...]]) -> OptionKind:
    """Numbers with commas between, several times."""
    return OptionKind(
        {"action": "append", "default": []},
        lambda flag, given: tuple(read(flag, text) for text in given),
        lambda flag, value: [f"{flag}={_joined(numbers)}" for numbers in value],
        is_attached=True,
    )


def numbers(read: Callable[[str, str], tuple[float | None, ...]]) -> OptionKind:
    """Numbers with commas between, once."""
    return OptionKind(
        {},
        lambda flag, text: read(flag, text) if text else None,
        lambda flag, value: [f"{flag}={_joined(value)}"],
        is_attached=True,
    )


def _joined(values: Sequence[float | None]) -> str:
    return ",".join(number_text(value) for value in values if value is not None)


def read_numbers(flag: str, text: str, *counts: int) -> tuple[float, ...]:
    """As many numbers as one of `counts`. Raises `UsageError`."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) not in counts or not all(abs(value) < 1e6 for value in values):
        if counts == (1,):
            raise UsageError(_("{flag} takes a number, not '{text}'.", flag=flag, text=text))
        wanted = " or ".join(str(count) for count in counts)
        raise UsageError(
            _("{flag} takes {wanted} numbers with commas between, not '{text}'.", flag=flag, wanted=wanted, text=text)
        )
    return values


def read_pairs(flag: str, items: Sequence[str], form: str) -> tuple[tuple[str, str], ...]:
    """Key and value of every KEY=VALUE. Raises `UsageError`."""
    found = []
    for item in items:
        key, mark, value = item.partition("=")
        if not (mark and key and value):
            raise UsageError(_("{flag} takes {form}, not '{item}'.", flag=flag, form=form, item=item))
        found.append((key, value))
    return tuple(found)


def _read_answers(flag: str, items: Sequence[str]) -> tuple[tuple[str, str], ...]:
    answers = read_pairs(flag, items, _("RULE=yes or RULE=no"))
    for rule, answer in answers:
        if answer not in ("yes", "no"):
            raise UsageError(_("{flag} {rule} takes yes or no, not '{answer}'.", flag=flag, rule=rule, answer=answer))
    return answers


def _read_cuts(flag: str, items: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Axis (R, A or S) and position in mm of each cut."""
    form = _("R=MM, A=MM or S=MM")
    pairs = read_pairs(flag, items, form)
    for axis, at in pairs:
        if axis.upper() not in ("R", "A", "S"):
            raise UsageError(_("{flag} takes {form}, not '{item}'.", flag=flag, form=form, item=f"{axis}={at}"))
    return tuple((axis.upper(), read_numbers(flag, at, 1)[0]) for axis, at in pairs)


def _read_numbered(flag: str, items: Sequence[str]) -> tuple[tuple[int, str], ...]:
    return tuple(_numbered(flag, text) for text in items)


def _numbered(flag: str, text: str) -> tuple[int, str]:
    number, _unused, word = text.partition("=")
    if not number.strip().isdigit() or not word:
        raise UsageError(
            _("{flag} takes a number and what to do, as in {flag} 1=keep, not '{text}'.", flag=flag, text=text)
        )
    return int(number), word.strip()


def _read_threshold(flag: str, text: str) -> tuple[float | None, ...]:
    low, *high = read_numbers(flag, text, 1, 2)
    return low, high[0] if high else None


def _read_keep_out(flag: str, text: str) -> tuple[float, ...]:
    place = (*read_numbers(flag, text, 3, 4), DEFAULT_KEEP_OUT_RADIUS_MM)[:4]
    if not place[3] > 0.0:
        raise UsageError(
            _(
                "{flag} takes a place and the mm around it that no cut may touch, such as 10,-20,35,15, not '{text}'.",
                flag=flag,
                text=text,
            )
        )
    return place


def _read_magnets(flag: str, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        diameter, height = (float(side) for side in text.lower().split("x"))
    except ValueError:
        diameter = height = 0.0
    if not (0.5 <= diameter <= 50.0 and 0.5 <= height <= 50.0):
        raise UsageError(_("{flag} takes diameter x height in mm, such as 5x2, not '{text}'.", flag=flag, text=text))
    return diameter, height


def _read_step_calls(flag: str, items: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Name and value, empty where none is given, of each step."""
    calls = [(name.strip(), value) for name, _mark, value in (item.partition("=") for item in items)]
    for item, (name, _value) in zip(items, calls):
        if not name:
            raise UsageError(_("{flag} takes NAME or NAME=VALUE, not '{item}'.", flag=flag, item=item))
    return tuple(dict(calls).items())


def _write_step_calls(flag: str, value: Sequence[tuple[str, str]]) -> list[str]:
    return _repeated(flag, [f"{name}={given}" if given else name for name, given in value])


TEXT = OptionKind()
PATH = typed(Path)
SWITCH = OptionKind({"action": "store_true"}, write=_only_flag)
# A setting that is on unless the option is given.
SWITCH_OFF = OptionKind({"action": "store_true"}, lambda flag, is_given: not is_given, _only_flag)
TEXTS = texts()
DISTINCT_TEXTS = distinct_texts()
ANSWERS = pairs(_read_answers)
CUTS = pairs(_read_cuts)
NUMBERED_CHOICES = pairs(_read_numbered)
POINTS = points(lambda flag, text: read_numbers(flag, text, 3))
PLANES = points(lambda flag, text: read_numbers(flag, text, 6))
KEEP_OUT_REGIONS = points(_read_keep_out)
POINT = numbers(lambda flag, text: read_numbers(flag, text, 3))
REGION = numbers(lambda flag, text: read_numbers(flag, text, 6))
THRESHOLD = numbers(_read_threshold)
STEP_CALLS = OptionKind({"action": "append", "default": []}, _read_step_calls, _write_step_calls)
MAGNETS = OptionKind({}, _read_magnets, lambda flag, value: [flag, "x".join(map(number_text, value))])
SPLIT = OptionKind({"choices": ["auto"]}, lambda flag, word: word == "auto", lambda flag, value: [flag, "auto"])
