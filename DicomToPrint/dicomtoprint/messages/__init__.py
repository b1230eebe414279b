"""Sentences that keep what they were made of: English for everything that stores or compares, any language at the edges."""

from .language import LANGUAGES, languages, speaking, translate
from .message import Message, _, as_data, from_data, join, plural, way

__all__ = [
    "LANGUAGES",
    "Message",
    "_",
    "as_data",
    "from_data",
    "join",
    "languages",
    "plural",
    "speaking",
    "translate",
    "way",
]
