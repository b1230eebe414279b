"""The form of a sentence about a fact."""

from typing import NamedTuple


def _(text: str) -> str:
    """Marks a text for extraction; the panel translates it."""
    return text


class MessageTemplate(NamedTuple):
    """A fact in words: what it is, what is wrong where a rule on it fails (and where it counts to one), and what exactly to
    ask for.
    """

    title: str
    fail: str
    hint: str = ""
    one: str = ""
