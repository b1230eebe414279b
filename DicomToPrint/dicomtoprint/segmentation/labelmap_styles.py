"""What the values of a label map are called, and their colours: from the file itself, or from a table of names."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ..config.resources import builtin_names, load_data_file
from ..errors import InputError, UsageError
from ..messages import _

NIFTI_SUFFIXES = (".nii", ".nii.gz")
_EXTENSION_FLAG_AT = 348  # byte of a NIfTI-1 header that is not 0 where header extensions follow
_LARGEST_LABEL = 65_535

Color = tuple[float, float, float]


@dataclass(frozen=True)
class LabelStyle:
    """One value of a label map: its identifier and name, RGB in 0..1 (None: nobody says), and its SNOMED codes."""

    id: str
    name: str
    color: Color | None = None
    terminology: Mapping[str, Mapping[str, str]] | None = None


@dataclass(frozen=True)
class NrrdSegment:
    """A segment that a Slicer segmentation file names: where its voxels stand (layer and value), and its style."""

    layer: int
    value: int
    style: LabelStyle


def nrrd_segments(header: Mapping[str, str], file: str) -> list[NrrdSegment]:
    """The segments in the header of a ``.seg.nrrd`` file; empty where it names none.

    Raises `InputError` for an entry of the header that does not hold the numbers it must.
    """

    def numbers(entry: str, absent: str, count: int, kind: type[int] | type[float], wanted: str) -> list[float]:
        text = header.get(f"Segment{number}_{entry}", absent)
        try:
            values = [kind(part) for part in text.split()]
        except ValueError:
            values = []
        if len(values) != count or not all(abs(value) < 1e9 for value in values):
            raise InputError(
                _(
                    "{file} has '{text}' for Segment{number}_{entry}, which must be {wanted}: write the "
                    "segmentation again.",
                    file=file,
                    text=text,
                    number=number,
                    entry=entry,
                    wanted=wanted,
                )
            )
        return list(values)

    found = []
    number = 0
    while f"Segment{number}_Name" in header:
        red, green, blue = numbers("Color", "0.8 0.6 0.5", 3, float, _("three numbers"))
        identity = header.get(f"Segment{number}_ID", f"segment-{number + 1}")
        found.append(
            NrrdSegment(
                int(numbers("Layer", "0", 1, int, _("a whole number"))[0]),
                int(numbers("LabelValue", str(number + 1), 1, int, _("a whole number"))[0]),
                LabelStyle(identity, header[f"Segment{number}_Name"], (red, green, blue)),
            )
        )
        number += 1
    return found


def nifti_styles(path: Path) -> tuple[dict[int, LabelStyle], tuple[str, ...]]:
    """Names and colours by value in the header extensions of a NIfTI file (Caret's LabelTable, as TotalSegmentator writes it), and notes.

    Empty where the file has none. A note says that names could not be read where the package nibabel is absent or the
    table is damaged.
    """
    if not path.name.lower().endswith(NIFTI_SUFFIXES) or not _has_extensions(path):
        return {}, ()
    try:
        import nibabel
    except ImportError:
        return {}, (
            _(
                "The file may name its structures in its header, which needs the package nibabel to read: "
                "they are numbered here."
            ),
        )
    unread = _("The names of structures in the file's header could not be read, so they are numbered here.")
    try:
        texts = [extension.get_content() for extension in nibabel.Nifti1Image.from_filename(path).header.extensions]
    except Exception:  # a damaged header fails anywhere in the reader; the labels themselves can still be read
        return {}, (unread,)
    found: dict[int, LabelStyle] = {}
    for text in texts:
        raw = text if isinstance(text, bytes) else str(text).encode()
        if b"<LabelTable" in raw:
            try:
                found |= _label_table(raw)
            except (ElementTree.ParseError, ValueError, TypeError):
                return {}, (unread,)
    return found, ()


def _has_extensions(path: Path) -> bool:
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as stream:
            return stream.read(_EXTENSION_FLAG_AT + 1)[_EXTENSION_FLAG_AT:] not in (b"", b"\0")
    except (OSError, EOFError):
        return False


def _label_table(raw: bytes) -> dict[int, LabelStyle]:
    raw = raw.strip(b"\0 \r\n\t")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise ValueError("a table of labels defines no entities")
    found = {}
    for label in ElementTree.fromstring(raw).iter("Label"):
        value, name = int(label.get("Key", "")), (label.text or "").strip()
        if not name or not 0 < value <= _LARGEST_LABEL:
            continue
        red, green, blue = (min(max(float(label.get(part, "0.8")), 0.0), 1.0) for part in ("Red", "Green", "Blue"))
        found[value] = LabelStyle(f"label-{value}", name, (red, green, blue))
    return found


def load_label_names(name: str) -> dict[int, LabelStyle]:
    """The table of names `name`: a built-in one, or a .json file.

    A file holds names by value (``{"1": "femur_left"}``), or is the ``dataset.json`` of nnU-Net (``labels``: values by name).
    Raises `UsageError` for an unknown name, `InputError` for a file that is no such table.
    """
    if not name.lower().endswith(".json") and name not in builtin_names("label_names"):
        raise UsageError(
            _(
                "There is no table of names '{name}': choose {builtin_names}, or a .json file.",
                name=name,
                builtin_names=", ".join(builtin_names("label_names")),
            )
        )
    try:
        content = load_data_file("label_names", name).content
    except UsageError as error:
        raise InputError(str(error)) from None
    pairs = [_pair(key, value) for key, value in content.get("labels", content).items()]
    return {value: LabelStyle(f"label-{value}", text) for value, text in pairs if value > 0}


def _pair(key: str, value: str | int) -> tuple[int, str]:
    """(value, name) of an entry, in either order."""
    return (int(key), value) if isinstance(value, str) else (int(value), key)
