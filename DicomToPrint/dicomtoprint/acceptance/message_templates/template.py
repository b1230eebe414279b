"""The form of a sentence about a fact."""

from typing import NamedTuple


class MessageTemplate(NamedTuple):
    """A fact in words: what it is, what is wrong where a rule on it fails (and where it counts to one), and what exactly to
    ask for.
    """

    title: str
    fail: str
    hint: str = ""
    one: str = ""
