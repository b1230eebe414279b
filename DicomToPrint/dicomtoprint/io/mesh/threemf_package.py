"""A 3MF package looked at from outside: its size when unpacked, the names of its parts, its XML, without unpacking to disk."""

import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from ...errors import InputError
from ...messages import _
from ...progress import ProgressCallback

MAX_UNPACKED_BYTES = 3 * 1024**3  # bytes of all parts
MAX_COMPRESSION_RATIO = 200  # real meshes unpack 4 to 30 times
MAX_INSTANCES = 10_000
MAX_SETTINGS_BYTES = 16 * 1024**2  # of a slicing program's settings
SETTINGS = ("metadata/slic3r_pe_model.config", "metadata/model_settings.config")
_PLACED = re.compile(rb"<(?:\w+:)?(object|component)\b[^>]*?\s(?:id|objectid)\s*=\s*[\"'](\d+)[\"']")
_ITEM = re.compile(rb"<item\b[^>]*>")
_SHAPES = re.compile(rb"<(?:\w+:)?(beamlattice|slicestack|levelset|displacementmesh|displacement2d|booleanshape)\b")
_REQUIRED = re.compile(rb"<(?:\w+:)?model\b[^>]*>")
_SMALL = 8 * 1024**2  # below this a high ratio harms nobody
_TAIL = 400  # bytes of a tag that may be cut by the end of a block


@dataclass
class PackageContents:
    """What the package says beside its meshes: the attributes of each placed `items` in the order of the file, elements that stand for
    `shapes` which are no triangles, namespaces of `required` extensions, and the XML of slicing programs' `settings` by lower-case name."""

    items: list[Mapping[str, str]] = field(default_factory=list)
    shapes: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    settings: dict[str, bytes] = field(default_factory=dict)

    def take_tags(self, window: bytes, start: int) -> None:
        """Note the tags of a stretch of XML that end behind `start`: what ends before it was taken with the stretch before."""
        for found in _ITEM.finditer(window):
            if found.end() > start:
                self.items.append(_attributes(found.group()))
        self.shapes.update(name.decode("ascii") for name in _SHAPES.findall(window))
        for tag in _REQUIRED.findall(window):
            attributes = _attributes(tag)
            for prefix in attributes.get("requiredextensions", "").split():
                self.required.add(attributes.get(f"xmlns:{prefix}", prefix))


def _attributes(tag: bytes) -> Mapping[str, str]:
    """Attributes of one tag by their names as written; a prefix is kept, its namespace is not looked up."""
    plain = re.sub(rb"(\s)(\w+):", rb"\1\2__", tag).replace(b"<", b"<x ", 1)
    plain = re.sub(rb"^<x (\w+:)?\w+", b"<x", plain).rstrip(b"/>") + b"/>"
    try:
        return {name.replace("__", ":"): value for name, value in ElementTree.fromstring(plain).attrib.items()}
    except ElementTree.ParseError:
        return {}


def inspect_package(path: Path, progress: ProgressCallback) -> PackageContents:
    """Refuse what would unpack to too much, leave its folder, or bring XML entities; nothing is unpacked to disk.

    Raises `InputError` with one sentence.
    """
    contents = PackageContents()
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
            if len(entries) > 10_000:
                raise InputError(
                    _(
                        "{path} holds {entries_count:,} parts, too many for a model: export it again.",
                        path=path.name,
                        entries_count=len(entries),
                    )
                )
            for entry in entries:
                name = entry.filename.replace("\\", "/")
                if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0] or "\0" in name:
                    raise InputError(
                        _(
                            "{path} holds a part whose name leads out of the package: do not open it, ask where it came "
                            "from.",
                            path=path.name,
                        )
                    )
                if name.lower().endswith("secure/keystore.xml"):
                    raise InputError(
                        _("{path} is encrypted (3MF Secure Content): export it without encryption.", path=path.name)
                    )
            total = 0
            for entry in entries:
                if entry.flag_bits & 1:
                    raise InputError(
                        _(
                            "{path} is encrypted: export it without a password from the program that made it.",
                            path=path.name,
                        )
                    )
                total += _unpacked_size(path, package, entry, MAX_UNPACKED_BYTES - total, contents, progress)
                if entry.filename.lower() in SETTINGS and entry.file_size <= MAX_SETTINGS_BYTES:
                    contents.settings[entry.filename.lower()] = package.read(entry)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        zlib.error,
        EOFError,
        ValueError,
    ) as error:
        raise InputError(
            _(
                "{path} is no whole 3MF package ({kind}): copy or export it again.",
                path=path.name,
                kind=type(error).__name__,
            )
        ) from None
    return contents


def _unpacked_size(
    path: Path,
    package: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    budget: int,
    contents: PackageContents,
    progress: ProgressCallback,
) -> int:
    """Bytes the part truly unpacks to, read in pieces, whatever its directory entry claims; its tags go into `contents`."""
    bomb = InputError(
        _(
            "{path} would unpack to far more than a model needs (a zip bomb?): do not open it, ask where it came from.",
            path=path.name,
        )
    )
    if entry.file_size > budget or (
        entry.file_size > _SMALL and entry.file_size > MAX_COMPRESSION_RATIO * max(entry.compress_size, 1)
    ):
        raise bomb
    xml = entry.filename.lower().endswith((".model", ".rels", ".xml", ".config"))
    model = entry.filename.lower().endswith(".model")
    total, tail = 0, b""
    copies = _Copies(path)
    with package.open(entry) as stream:
        while block := stream.read(1 << 20):
            total += len(block)
            if total > budget or (total > _SMALL and total > MAX_COMPRESSION_RATIO * max(entry.compress_size, 1)):
                raise bomb
            if xml:
                if total == len(block) and (block[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in block[:64]):
                    raise InputError(
                        _("{path} has XML that is not UTF-8, as 3MF demands: export the model again.", path=path.name)
                    )
                window = (tail + block).upper()
                if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                    raise InputError(
                        _(
                            "{path} declares XML entities, which 3MF forbids: do not open it, ask where it came from.",
                            path=path.name,
                        )
                    )
                copies.count(tail + block)
                if model:
                    contents.take_tags(tail + block, len(tail))
                tail = (tail + block)[-_TAIL:]
            progress(0.3, _("checking 3MF"))
    if total != entry.file_size:
        raise InputError(
            _("{path} is no whole 3MF package (a part's size lies): copy or export it again.", path=path.name)
        )
    return total


class _Copies:
    """How often objects are placed through components of components; lib3mf itself would visit all of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._placed: dict[bytes, int] = {}
        self._current = b""

    def count(self, window: bytes) -> None:
        """Take the tags of the next stretch of XML; raises `InputError` where an object stands for too many."""
        for tag, number in _PLACED.findall(window):
            if tag == b"object":
                self._current = number
                self._placed.setdefault(number, 0)
                continue
            self._placed[self._current] = self._placed.get(self._current, 0) + max(self._placed.get(number, 1), 1)
            if self._placed[self._current] > MAX_INSTANCES:
                raise InputError(
                    _(
                        "{path} places its parts more often than a model needs: export it again as one mesh.",
                        path=self._path.name,
                    )
                )
