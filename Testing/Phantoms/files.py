"""A DICOM file as plain data that a case may bend before it is written: valid, odd or broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.tag import Tag
from pydicom.uid import UID, generate_uid

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
GE_PRIVATE = "1.2.840.113619.5.2"
RLE = "1.2.840.10008.1.2.5"

Header = dict[str, object]


@dataclass(frozen=True)
class Raw:
    """An element's bytes as they stand in the file, for values that pydicom would refuse to write."""

    vr: str
    value: bytes


class Gone:
    """Marks an attribute that is to be removed."""


GONE = Gone()


@dataclass
class File:
    """One file to be written: attributes by keyword (sequences are lists of dicts), and how the bytes are bent afterwards.

    `meta` overrides elements of the file meta group; `bend` are functions of the whole file's bytes, in order.
    `declared` is a transfer syntax to write into the meta group though the data set stays in `syntax`.
    """

    name: str
    header: Header
    pixels: bytes
    syntax: str = EXPLICIT
    declared: str = ""
    pixel_vr: str = "OW"
    encapsulated: tuple[bytes, ...] = ()
    meta: Header = field(default_factory=dict)
    without_meta: bool = False
    bend: tuple[Callable[[bytes], bytes], ...] = ()


def uid(*parts: object) -> str:
    """A UID that is always the same for the same parts."""
    return str(generate_uid(entropy_srcs=[str(part) for part in parts]))


def dataset(header: Mapping[str, object]) -> Dataset:
    """The pydicom data set of a header; keys are keywords, or ``(group, element)`` tuples with a `Raw` or ``(VR, value)``."""
    made = Dataset()
    for key, value in header.items():
        if value is GONE:
            continue
        tag = Tag(key)
        if isinstance(value, Raw):
            made[tag] = RawDataElement(tag, value.vr, len(value.value), value.value, 0, False, True)
        elif isinstance(key, tuple):
            vr, content = value  # type: ignore[misc]
            made.add_new(tag, vr, [dataset(item) for item in content] if vr == "SQ" else content)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            setattr(made, str(key), [dataset(item) for item in value])
        else:
            setattr(made, str(key), value)
    return made


def _meta(file: File) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.FileMetaInformationGroupLength = 0
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = str(file.header.get("SOPClassUID", "") or "1.2.840.10008.5.1.4.1.1.2")
    meta.MediaStorageSOPInstanceUID = str(file.header.get("SOPInstanceUID", "") or uid("no instance", file.name))
    meta.TransferSyntaxUID = UID(file.declared or file.syntax)
    meta.ImplementationClassUID = UID("1.2.826.0.1.3680043.8.498.1")
    for keyword, value in file.meta.items():
        if value is GONE:
            delattr(meta, keyword)
        else:
            setattr(meta, keyword, value)
    return meta


def _with_pixels(file: File) -> Dataset:
    made = dataset(file.header)
    if file.encapsulated:
        made.add_new(0x7FE00010, "OB", encapsulate(list(file.encapsulated)))
        made["PixelData"].is_undefined_length = True
    elif file.pixels:
        made.add_new(0x7FE00010, file.pixel_vr, file.pixels)
    return made


def write_file(file: File, folder: Path) -> Path:
    """Writes one file below `folder` and returns its path."""
    path = folder / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with pydicom.config.disable_value_validation():
        made = _with_pixels(file)
        implicit = file.syntax in (IMPLICIT, GE_PRIVATE)
        little = file.syntax not in (BIG_ENDIAN,)
        if file.without_meta:
            pydicom.dcmwrite(path, made, implicit_vr=implicit, little_endian=little, enforce_file_format=False)
        else:
            made.file_meta = _meta(file)
            made.preamble = b"\0" * 128
            pydicom.dcmwrite(
                path,
                made,
                implicit_vr=None if file.syntax == DEFLATED else implicit,
                little_endian=None if file.syntax == DEFLATED else little,
                force_encoding=file.syntax != DEFLATED,
                enforce_file_format=False,
            )
    if file.bend:
        content = path.read_bytes()
        for change in file.bend:
            content = change(content)
        path.write_bytes(content)
    return path


def write_files(files: Iterable[File], folder: Path) -> Path:
    """Writes all files below `folder` and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        write_file(file, folder)
    return folder
