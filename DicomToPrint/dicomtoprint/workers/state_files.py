"""The engine's results in files that two processes share: one JSON document a result, large arrays beside it as ``.npy``.

A result is a tree of the engine's frozen dataclasses, messages, named tuples, enumerations, tuples, lists, sets, mappings, numbers,
texts, paths, dates, bytes and numpy arrays. Arrays from `INLINE_BYTES` on are files of their own, named by the hash of their
content: results that hold the same array share its file, and nothing is written twice. They are read memory-mapped, copy on
write: only what is touched is read, and nobody changes a file. Smaller arrays stand in the document, since each mapped file
keeps a file descriptor.

The document names classes by module and name. Only classes of the engine are looked up, only as data: reading a document
calls nothing but their constructors.
"""

import base64
import dataclasses
import datetime
import importlib
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..messages import Message, _
from ..rules import MISSING
from .array_files import (
    INLINE_BYTES,
    array_from_json,
    array_to_json,
    map_array,
    require_plain,
    store_array,
    stored_name,
    write_atomically,
)

FORMAT = "dicom-to-print/state/1"
SUFFIX = ".state.json"
PACKAGE = __name__.partition(".")[0]
# What parsing, numpy, zipfile and the constructors raise for content that is not as it was written.
_DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    ImportError,
    EOFError,
    MemoryError,
    zipfile.BadZipFile,
)
_CLASS_NAME = re.compile(rf"({PACKAGE}(?:\.[a-z][a-z0-9_]*)+):([A-Za-z_][A-Za-z0-9_]*)")
_UNREADABLE = _("The stored result '{name}' cannot be read ({reason}): run the step again.")


class StateFolder:
    """Named results in a folder, their arrays in `arrays` (default: a folder in it), which several folders may share.

    Results appear under their name when they are whole. One process writes a name at a time.
    """

    def __init__(self, folder: Path, arrays: Path | None = None) -> None:
        self.folder = folder
        self.arrays = arrays if arrays is not None else folder / "arrays"

    def path(self, name: str) -> Path:
        """The document of a result."""
        return self.folder / f"{name}{SUFFIX}"

    def has(self, name: str) -> bool:
        """Whether there is such a result."""
        return self.path(name).is_file()

    def save(self, name: str, value: Any) -> None:
        """Writes a result, whole or not at all.

        Parameters
        ----------
        name
            Of the result; a part of a file name.
        value
            The tree.

        Raises
        ------
        TypeError
            Where the tree holds something else than what the module's text names; the sentence says where.
        """
        self.arrays.mkdir(parents=True, exist_ok=True)
        encoder = _Encoder(self.arrays)
        root = encoder.encode(value, name)
        document = {"format": FORMAT, "objects": encoder.objects, "arrays": sorted(encoder.files), "root": root}
        write_atomically(
            self.path(name), lambda draft: draft.write_text(json.dumps(document, allow_nan=False), encoding="utf-8")
        )

    def load(self, name: str) -> Any:
        """A result; its large arrays are memory-mapped, copy on write.

        Raises
        ------
        InputError
            One sentence where the document or one of its arrays is missing, damaged or names what is not allowed.
        """
        try:
            document = self._document(name)
            return _Decoder(self.arrays, document["objects"]).decode(document["root"])
        except _StateError as error:
            reason = str(error)
        except OSError as error:
            reason = error.strerror or _("read error")
        except RecursionError:
            reason = _("it is nested too deeply")
        except _DAMAGE:
            reason = _("it is damaged")
        raise InputError(_UNREADABLE.format(name=self.path(name).name, reason=reason))

    def _document(self, name: str) -> dict[str, Any]:
        document = json.loads(self.path(name).read_text(encoding="utf-8"))
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise _StateError(_("it is of another format"))
        return document

    def array_names(self, name: str) -> set[str]:
        """Names of the array files that a result uses; none where it cannot be read."""
        try:
            return {str(entry) for entry in self._document(name)["arrays"]}
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return set()


def remove_unused_arrays(arrays: Path, folders: Iterable[StateFolder]) -> None:
    """Removes array files that no result in `folders` uses, and drafts; what another process still maps may stay.

    Only to be called while nobody writes.
    """
    used = set()
    for folder in folders:
        for document in folder.folder.glob(f"*{SUFFIX}"):
            used |= folder.array_names(document.name.removesuffix(SUFFIX))
    for path in arrays.glob("*"):
        if path.name not in used:
            with suppress(OSError):  # Windows keeps files that are mapped
                path.unlink()


class _StateError(ValueError):
    """What is wrong with a document, for the sentence."""


class _Encoder:
    """From values to JSON, for one result: an object that is met twice is stored once."""

    def __init__(self, arrays: Path) -> None:
        self._arrays = arrays
        self.objects: list[dict[str, Any]] = []
        self.files: set[str] = set()
        self._object_of: dict[int, int] = {}
        self._array_of: dict[int, Any] = {}
        self._alive: list[Any] = []  # ids are those of living objects

    def encode(self, value: Any, where: str) -> Any:
        """The JSON form; `where` names the place in the tree for errors."""
        if value is None or type(value) in (bool, int, str):
            return value
        if isinstance(value, Message):
            return self._message(value, where)
        if type(value) is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if value is MISSING:
            return {"missing": True}
        if isinstance(value, np.ndarray):
            return self._array(value, where)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._object(value, where)
        if isinstance(value, Enum):
            return {"enum": _class_name(type(value), where), "name": value.name}
        if isinstance(value, np.generic):
            return {"scalar": array_to_json(np.asarray(value), where)}
        return self._container(value, where)

    def _message(self, message: Message, where: str) -> dict[str, Any]:
        parts = (message.msgid, dict(message.parameters), message.plural_id, message.number, message.change)
        return {"message": [self.encode(part, where) for part in (*parts, message.in_panel)]}

    def _container(self, value: Any, where: str) -> Any:
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            items = self._items(value, where)
            return {"named": _class_name(type(value), where), "items": items}
        for kind, key in ((tuple, "tuple"), (list, "list"), (set, "set"), (frozenset, "frozenset")):
            if type(value) is kind:
                return {key: self._items(value, where)}
        if isinstance(value, Mapping):
            pairs = value.items()
            return {"dict": [[self.encode(k, where), self.encode(v, f"{where}[{k!r}]")] for k, v in pairs]}
        if isinstance(value, Path):
            return {"path": str(value)}
        if isinstance(value, bytes):
            return {"bytes": base64.b64encode(value).decode("ascii")}
        for date_type, key in ((datetime.datetime, "datetime"), (datetime.date, "date")):
            if type(value) is date_type:
                return {key: value.isoformat()}
        if isinstance(value, zipfile.ZipFile) and value.filename is not None:
            return {"zip": str(value.filename)}
        raise TypeError(f"{where}: a {type(value).__module__}.{type(value).__qualname__} cannot be stored.")

    def _items(self, values: Iterable[Any], where: str) -> list[Any]:
        return [self.encode(item, f"{where}[{index}]") for index, item in enumerate(values)]

    def _object(self, value: Any, where: str) -> dict[str, int]:
        known = self._object_of.get(id(value))
        if known is None:
            fields = {
                field.name: self.encode(getattr(value, field.name), f"{where}.{field.name}")
                for field in dataclasses.fields(value)
            }
            self.objects.append({"class": _class_name(type(value), where), "fields": fields})
            known = len(self.objects) - 1
            self._object_of[id(value)] = known
            self._alive.append(value)
        return {"object": known}

    def _array(self, array: np.ndarray, where: str) -> Any:
        if array.nbytes < INLINE_BYTES:
            return {"inline": array_to_json(array, where)}
        if id(array) not in self._array_of:
            require_plain(array.dtype, where)
            name = stored_name(array, self._arrays) or store_array(array, self._arrays)
            self.files.add(name)
            self._array_of[id(array)] = {"file": name, "dtype": array.dtype.str, "shape": list(array.shape)}
            self._alive.append(array)
        return {"array": self._array_of[id(array)]}


def _class_name(kind: type, where: str) -> str:
    name = f"{kind.__module__}:{kind.__qualname__}"
    if not _CLASS_NAME.fullmatch(name):
        raise TypeError(f"{where}: a {kind.__module__}.{kind.__qualname__} cannot be stored.")
    return name


class _Decoder:
    """From JSON to values. Objects stand before those that hold them, so that nothing refers to what is not yet made."""

    def __init__(self, arrays: Path, objects: list[Mapping[str, Any]]) -> None:
        self._arrays = arrays
        self._array_of: dict[str, np.ndarray] = {}
        self._made: list[Any] = []
        for entry in objects:
            self._made.append(self._object(entry))

    def decode(self, value: Any) -> Any:
        """The value of a JSON form."""
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if not isinstance(value, dict) or not value:
            raise _StateError(_("it is damaged"))
        key, content = next(iter(value.items()))
        if key == "enum":
            return _engine_class(content, Enum)[value["name"]]
        if key == "named":
            return _engine_class(content, tuple)(*map(self.decode, value["items"]))
        if key not in self._FORMS:
            raise _StateError(_("it holds an unknown kind of value"))
        return self._FORMS[key](self, content)

    def _made_object(self, index: int) -> Any:
        if not 0 <= index < len(self._made):
            raise _StateError(_("it is damaged"))
        return self._made[index]

    def _object(self, entry: Mapping[str, Any]) -> Any:
        kind = _engine_class(entry["class"], object)
        if not hasattr(kind, "__dataclass_fields__"):
            raise _StateError(_("it names a class that is no data"))
        fields = {name: self.decode(value) for name, value in entry["fields"].items()}
        if set(fields) != {field.name for field in dataclasses.fields(kind)}:
            raise _StateError(_("it was written by another version"))
        return kind(**fields)

    def _array(self, entry: Mapping[str, Any]) -> np.ndarray:
        name = entry["file"]
        if name not in self._array_of:
            self._array_of[name] = map_array(self._arrays, name, entry["dtype"], entry["shape"])
        return self._array_of[name]

    def _tuple(self, items: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(map(self.decode, items))

    def _message(self, parts: Iterable[Any]) -> Message:
        """Raises what the constructor raises for parts that do not fit."""
        return Message(*map(self.decode, parts))

    def _dict(self, pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
        return {self.decode(key): self.decode(value) for key, value in pairs}

    _FORMS: Mapping[str, Callable[["_Decoder", Any], Any]] = {
        "float": lambda self, text: float(text),
        "missing": lambda self, _: MISSING,
        "object": _made_object,
        "array": _array,
        "inline": lambda self, entry: array_from_json(entry),
        "scalar": lambda self, entry: array_from_json(entry)[()],
        "message": _message,
        "tuple": _tuple,
        "list": lambda self, items: list(self._tuple(items)),
        "set": lambda self, items: set(self._tuple(items)),
        "frozenset": lambda self, items: frozenset(self._tuple(items)),
        "dict": _dict,
        "path": lambda self, text: Path(text),
        "bytes": lambda self, text: base64.b64decode(text, validate=True),
        "date": lambda self, text: datetime.date.fromisoformat(text),
        "datetime": lambda self, text: datetime.datetime.fromisoformat(text),
        "zip": lambda self, text: zipfile.ZipFile(text),
    }


def _engine_class(name: str, base: type) -> Any:
    """A class of the engine by ``module:name``. Nothing else is looked up, and no module is run as a program."""
    match = _CLASS_NAME.fullmatch(name)
    if match is None:
        raise _StateError(_("it names a class that is not of the engine"))
    found = getattr(importlib.import_module(match[1]), match[2], None)
    if not isinstance(found, type) or not issubclass(found, base) or found.__module__ != match[1]:
        raise _StateError(_("it names a class that is not there"))
    return found
