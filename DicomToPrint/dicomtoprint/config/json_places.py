"""Where the values of a JSON text stand: read by the standard library's own decoder, which is asked for the place of each value.

The decoder in Python that lies beside the one in C (`json.decoder`, `json.scanner`) takes the functions that read an object
and a list from outside; ours call theirs and note where each value began. Nothing of the syntax is read here.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from json import decoder, scanner
from typing import Any

JsonPath = tuple[str | int, ...]
_Scan = Callable[[str, int], tuple[Any, int]]


@dataclass(frozen=True)
class PlacedJson:
    """A JSON text with places.

    `content` is what `json.loads` makes of it; `offsets` are the characters at which values begin by their path (those of a
    field at its name); `repeated` are the paths of names that stand twice in one object, of which the last one counts.
    """

    text: str
    content: Any
    offsets: dict[JsonPath, int]
    repeated: tuple[JsonPath, ...]

    def line(self, path: Iterable[str | int]) -> int:
        """Line, from 1, of the value at a path, or of the nearest value around it that is there."""
        wanted = tuple(path)
        while wanted not in self.offsets:
            wanted = wanted[:-1]
        line_starts = [0, *(at + 1 for at, character in enumerate(self.text) if character == "\n")]
        return bisect_right(line_starts, self.offsets[wanted])


@dataclass(frozen=True)
class _Branch:
    """An object (names in `keys`) or a list as it was read: its values, and where each begins."""

    values: list[Any]
    offsets: list[int]
    keys: list[str] | None = None


def read_with_places(text: str) -> PlacedJson:
    """The content of a JSON text and the places of its values.

    Raises `json.JSONDecodeError` for what is no JSON, a number that is none (NaN) or that no computer holds (1e999) too, and
    RecursionError for what is nested too deeply.
    """
    reader = json.JSONDecoder(parse_float=_finite, parse_int=_whole, parse_constant=_refused)
    reader.parse_object = _read_object  # type: ignore[attr-defined]
    reader.parse_array = _read_array  # type: ignore[attr-defined]
    reader.scan_once = scanner.py_make_scanner(reader)  # type: ignore[attr-defined]
    try:
        root = reader.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise json.JSONDecodeError(str(error), text, 0) from None
    offsets: dict[JsonPath, int] = {(): len(text) - len(text.lstrip())}
    repeated: list[JsonPath] = []
    return PlacedJson(text, _plain(root, (), offsets, repeated), offsets, tuple(repeated))


def _read_object(start: tuple[str, int], strict: bool, scan: _Scan, *_hooks: Any) -> tuple[_Branch, int]:
    text, behind = start
    offsets: list[int] = []

    def noting(source: str, at: int) -> tuple[Any, int]:
        nonlocal behind
        # Between the value before and this one stands nothing else but its name.
        offsets.append(text.index('"', behind))
        value, behind = _scanned(scan, source, at)
        return value, behind

    pairs, end = decoder.JSONObject(start, strict, noting, None, list)  # type: ignore[attr-defined]
    return _Branch([value for _, value in pairs], offsets, [name for name, _ in pairs]), end


def _read_array(start: tuple[str, int], scan: _Scan, *_hooks: Any) -> tuple[_Branch, int]:
    offsets: list[int] = []

    def noting(source: str, at: int) -> tuple[Any, int]:
        offsets.append(at)
        return _scanned(scan, source, at)

    values, end = decoder.JSONArray(start, noting)  # type: ignore[attr-defined]
    return _Branch(values, offsets), end


def _scanned(scan: _Scan, source: str, at: int) -> tuple[Any, int]:
    try:
        return scan(source, at)
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # of the numbers below, which do not know where they stand
        raise json.JSONDecodeError(str(error), source, at) from None


def _plain(node: Any, path: JsonPath, offsets: dict[JsonPath, int], repeated: list[JsonPath]) -> Any:
    if not isinstance(node, _Branch):
        return node
    names: list[Any] = list(range(len(node.values))) if node.keys is None else node.keys
    found: dict[Any, Any] = {}
    for name, value, offset in zip(names, node.values, node.offsets):
        if name in found:
            repeated.append((*path, name))
        inner = (*path, name)
        offsets[inner] = offset
        found[name] = _plain(value, inner, offsets, repeated)
    return list(found.values()) if node.keys is None else found


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        return _refused(text)
    return number


def _whole(text: str) -> int:
    _finite(text)
    return int(text)


def _refused(text: str) -> float:
    raise ValueError(f"{text[:20]} is no number")
