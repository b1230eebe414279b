"""A series as facts: one row a slice or frame, equal values stored once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..messages import _, join
from .attributes import parse_decimal_strings
from .file_source import FileSource

CT, ENHANCED_CT, LEGACY_CT, CRANIOFACIAL = (
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.2.2",
    "1.2.840.10008.5.1.4.1.1.13.1.2",
)
MULTI_FRAME = (ENHANCED_CT, LEGACY_CT, CRANIOFACIAL)


def short_hash(uid: str) -> str:
    """Twelve hexadecimal digits that name a series without revealing its UID."""
    return hashlib.sha256(uid.encode("utf-8")).hexdigest()[:12]


@dataclass(frozen=True)
class AttributeColumn:
    """One attribute over all slices: distinct `values` and, for each slice, which of them (`index`, -1 for missing)."""

    values: tuple[Any, ...]
    index: np.ndarray

    def __getitem__(self, row: int) -> Any:
        at = self.index[row]
        return None if at < 0 else self.values[at]

    @classmethod
    def of(cls, items: Sequence[Any]) -> "AttributeColumn":
        """Column of one value a slice; None is missing."""
        known: dict[Any, int] = {}
        index = np.array([-1 if item is None else known.setdefault(item, len(known)) for item in items], dtype=np.int32)
        return cls(tuple(known), index)


@dataclass(frozen=True)
class ImageFile:
    """One file of a series: its name relative to the input and how it is made. Lengths are bytes; -1 is missing.

    `expected_bytes` is what matrix, frames, samples and bits allocated call for; -1 where they do not say.
    """

    name: str
    size: int
    syntax: str
    has_preamble: bool
    wrong_syntax: bool
    problem: str
    media_class: str
    media_instance: str
    pixel_element: str
    pixel_vr: str
    pixel_length: int
    pixel_offset: int
    body_size: int
    expected_bytes: int
    frames: int
    items: int
    fragments: int
    lossy: str
    implicit: bool
    little: bool
    group_problems: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """The files of one acquisition and their facts.

    `id` is a short hash of `uid`. `columns` maps a DICOM keyword to its values, one row a slice (classic) or frame
    (Enhanced, Craniofacial; a per-frame value has won over a shared one); `file_of` and `frame_of` (n,) say where
    each row comes from. `localizers` are the files of localizers: left out, unless nothing else is there. `copies`
    are names of files that repeat another byte for byte. `unreadable_near` are files that cannot be read and belong
    to the series by their name or folder.
    """

    id: str
    uid: str
    description: str
    modality: str
    files: tuple[ImageFile, ...]
    columns: Mapping[str, AttributeColumn]
    file_of: np.ndarray
    frame_of: np.ndarray
    source: FileSource
    localizers: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    unreadable_near: tuple[str, ...] = ()
    cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        """Number of slices or frames."""
        return len(self.file_of)

    def column(self, keyword: str) -> AttributeColumn:
        """Column of a keyword; all missing where no file has it."""
        found = self.columns.get(keyword)
        return found if found is not None else AttributeColumn((), np.full(len(self), -1, dtype=np.int32))

    def distinct(self, keyword: str) -> tuple[Any, ...]:
        """Distinct values met, padding stripped, empty ones left out."""
        stripped = (value.strip(" \0") if isinstance(value, str) else value for value in self.column(keyword).values)
        return tuple(dict.fromkeys(value for value in stripped if value not in ("", None)))

    def rows_without(self, keyword: str) -> np.ndarray:
        """Rows where the attribute is missing or empty."""
        column = self.column(keyword)
        empty = [
            at
            for at, value in enumerate(column.values)
            if value is None or (isinstance(value, str) and not value.strip(" \0\\"))
        ]
        return np.flatnonzero((column.index < 0) | np.isin(column.index, empty))

    def table(self, keyword: str, width: int) -> np.ndarray:
        """(n, width) float64 numbers of the attribute; NaN where missing, unreadable or of another length."""
        key = f"{keyword}/{width}"
        if key not in self.cache:
            column = self.column(keyword)
            known = np.full((len(column.values) + 1, width), np.nan)
            for at, value in enumerate(column.values):
                parsed = parse_decimal_strings(value)
                if len(parsed) == width:
                    known[at] = parsed
            self.cache[key] = known[column.index]
        return self.cache[key]

    def combinations(self, *keywords: str) -> list[tuple[Any, ...]]:
        """Distinct combinations of the values of several attributes over the slices; None for a missing one."""
        columns = [self.column(keyword) for keyword in keywords]
        met = sorted(set(zip(*(column.index.tolist() for column in columns))))  # numpy.unique loads numpy.ma
        return [tuple(None if at < 0 else column.values[at] for column, at in zip(columns, row)) for row in met]

    @cached_property
    def sop_classes(self) -> tuple[str, ...]:
        """Distinct SOP classes."""
        return self.distinct("SOPClassUID")

    @property
    def is_multi_frame(self) -> bool:
        """True for objects with functional groups."""
        return any(name in MULTI_FRAME for name in self.sop_classes)

    def names_of(self, rows: Any, limit: int = 3) -> str:
        """Words for some rows by Instance Number, frame or place in the input, never by file name: names may tell a
        patient.
        """
        rows = [int(row) for row in rows]
        shown = list(dict.fromkeys(self._name_of(row) for row in rows[:limit]))
        more = len(rows) - limit
        return join(", ", shown) + (_(" and {more} more", more=more) if more > 0 else "")

    def _name_of(self, row: int) -> str:
        if self.files[self.file_of[row]].frames > 1:
            return _("frame {frame_of}", frame_of=self.frame_of[row] + 1)
        number = parse_decimal_strings(self.column("InstanceNumber")[row])
        return (
            _("image {number}", number=int(number[0]))
            if number and 0 <= number[0] < 100_000
            else _("file {file_of}", file_of=self.file_of[row] + 1)
        )

    def names_of_files(self, files: Any, limit: int = 3) -> str:
        """The same for files of the series."""
        chosen = {id(file) for file in files}
        rows = [int(np.flatnonzero(self.file_of == at)[0]) for at, file in enumerate(self.files) if id(file) in chosen]
        if len(rows) == len(self.files) > limit:
            return _("all files")
        if len(self.files) < len(self):
            return join(", ", (_("file {file_of}", file_of=self.file_of[row] + 1) for row in rows[:limit]))
        return self.names_of(rows, limit)


@dataclass(frozen=True)
class UnreadableFile:
    """A file that could not be read. `file` is relative to the input."""

    file: str
    reason: str


@dataclass(frozen=True)
class DicomDirStatus:
    """What a DICOMDIR promises: where it lies, how many files it names, which are missing or not whole."""

    name: str
    referenced: int
    missing: tuple[str, ...]
    damaged: str = ""
    patients: int = 1


@dataclass(frozen=True)
class Study:
    """All series of an input. `non_image_files` are files that are no DICOM images; `media` is empty without a DICOMDIR.
    `documents` says what some of the files beside the images are, by name.
    """

    series: tuple[Series, ...]
    unreadable: tuple[UnreadableFile, ...] = ()
    non_image_files: tuple[str, ...] = ()
    media: tuple[DicomDirStatus, ...] = ()
    patients: int = 1
    documents: Mapping[str, str] = field(default_factory=dict)
