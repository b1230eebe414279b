"""Sentences that keep what they were made of: English for everything that stores or compares, any language at the edges."""

from .language import CATALOGUES, DOMAIN, ENGLISH, languages, speaking, spoken, translate
from .measured import Measured
from .message import Message, _, as_data, from_data, id_and_parameters, join, options_in, plural, until, way

__all__ = [
    "CATALOGUES",
    "DOMAIN",
    "ENGLISH",
    "Measured",
    "Message",
    "_",
    "as_data",
    "from_data",
    "id_and_parameters",
    "join",
    "languages",
    "options_in",
    "plural",
    "speaking",
    "spoken",
    "translate",
    "until",
    "way",
]
