"""What the user chose by number, checked against what there is."""

from collections.abc import Sequence

from ..errors import UsageError
from ..messages import _, join

SHELL_CHOICES = ("keep", "drop", "flip")
HOLE_CHOICES = ("cap", "keep")


_WHAT = {"shell": _("shell"), "hole": _("hole")}


def require_choices(
    chosen: Sequence[tuple[int, str]], what: str, words: Sequence[str], count: int, name: str
) -> dict[int, str]:
    """The choices by number.

    Parameters
    ----------
    chosen
        (number, word) each.
    what
        What has the numbers: ``shell`` or ``hole``.
    words
        Those that may be chosen.
    count
        How many there are; numbers go from 1, the largest.
    name
        Of the mesh.

    Raises
    ------
    UsageError
        For a number that does not exist or stands twice, and for another word.
    """
    for number, word in chosen:
        if not 1 <= number <= count:
            there = _("it has {count}, the largest is 1", count=count) if count else _("it has none")
            raise UsageError(
                _(
                    "There is no {what} {number} in '{name}': {there}.",
                    what=_WHAT.get(what, what),
                    number=number,
                    name=name,
                    there=there,
                )
            )
        if word not in words:
            raise UsageError(
                _(
                    "A {what} can be {words} or {words2}, not '{word}'.",
                    what=_WHAT.get(what, what),
                    words=join(", ", words[:-1]),
                    words2=words[-1],
                    word=word,
                )
            )
    result = dict(chosen)
    if len(result) < len(set(chosen)):
        raise UsageError(
            _("Two choices are given for one {what} of '{name}': give one.", what=_WHAT.get(what, what), name=name)
        )
    return result
