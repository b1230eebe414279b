"""Sentences that keep what they were made of: English for everything that stores or compares, any language at the edges."""

from .column import Column
from .language import CATALOGUES, DOMAIN, ENGLISH, Said, languages, speaking, spoken, translate
from .measured import Measured
from .message import Message, _, as_data, from_data, id_and_parameters, join, known, options_in, plural, until, way

__all__ = [
    "CATALOGUES",
    "DOMAIN",
    "ENGLISH",
    "Column",
    "Measured",
    "Message",
    "Said",
    "_",
    "as_data",
    "from_data",
    "id_and_parameters",
    "join",
    "known",
    "languages",
    "options_in",
    "plural",
    "speaking",
    "spoken",
    "translate",
    "until",
    "way",
]
