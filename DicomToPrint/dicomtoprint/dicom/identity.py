"""Whether two headers speak of one patient: names decoded and compared by their component groups, dates as dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pydicom.charset import convert_encodings, decode_bytes

from ..pydicom_logging import suppress_pydicom_output

_DELIMITERS = {0x5E, 0x3D, 0x5C, 0x0A, 0x0D}
NameKey = tuple[str, str, str]


def decoded(text: object, character_set: object) -> str:
    """The text of an attribute, read as Latin-1 bytes, in its own character set."""
    raw = str(text or "").strip(" \0")
    names = [part.strip(" \0") for part in str(character_set or "").split("\\")]
    try:
        with suppress_pydicom_output():
            return decode_bytes(raw.encode("latin-1"), convert_encodings(names), _DELIMITERS)
    except (UnicodeError, LookupError, ValueError):
        return raw


def name_key(text: object, character_set: object = "") -> NameKey:
    """The component groups of a person's name (alphabetic, ideographic, phonetic), for `same_name`."""
    groups = (*decoded(text, character_set).split("="), "", "", "")[:3]
    return tuple(_plain(group) for group in groups)  # type: ignore[return-value]


def _plain(group: str) -> str:
    folded = unicodedata.normalize("NFKC", group).casefold()
    return re.sub(r"[\s^,]+", " ", folded).strip()


def same_name(one: NameKey, other: NameKey) -> bool:
    """True where a group that both names have is the same; a name is often written in one group here, in two there."""
    return any(a and a == b for a, b in zip(one, other))


def distinct_names(keys: Iterable[NameKey]) -> int:
    """How many persons the names tell of; empty names do not count."""
    people: list[list[NameKey]] = []
    for key in dict.fromkeys(keys):
        if not any(key):
            continue
        met = [person for person in people if any(same_name(key, other) for other in person)]
        people = [person for person in people if person not in met]
        people.append([key, *(other for person in met for other in person)])
    return len(people)


def date_key(text: object) -> str:
    """A date of the standard's form or of the old one with points, as eight digits; other text as it stands."""
    match = re.fullmatch(r"(\d{4})[.](\d{2})[.](\d{2})", str(text or "").strip(" \0"))
    return "".join(match.groups()) if match else str(text or "").strip(" \0")


def id_key(text: object) -> str:
    """A patient's id without what does not tell patients apart: blanks and letter case."""
    return re.sub(r"\s+", " ", str(text or "").strip(" \0")).upper()


def count_patients(entries: Iterable[tuple[object, object, object, object]]) -> int:
    """How many patients (id, name, birth date, character set) tell of, at least 1; an empty value tells nothing."""
    known = list(dict.fromkeys(entries))
    ids = {id_key(entry[0]) for entry in known} - {""}
    births = {date_key(entry[2]) for entry in known} - {""}
    names = distinct_names(name_key(entry[1], entry[3]) for entry in known)
    return max(1, len(ids), len(births), names)
