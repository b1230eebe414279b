"""Seeded mutations of conformant series: bytes flipped, files cut, elements dropped or repeated, lengths lied about."""

from __future__ import annotations

import io
import random
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pydicom

from .files import BIG_ENDIAN, DEFLATED, IMPLICIT, File, element, elements, quiet_pydicom, whole
from .integrity import disc
from .series import CLASSIC, CRANIOFACIAL, ENHANCED, bend, put, series

# What exoplan needs of each slice; the orthopaedic protocol needs the second row too.
NEEDED = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "Modality",
    "PhotometricInterpretation",
    "SamplesPerPixel",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelData",
]
NUMBERS = NEEDED[5:]
NEEDED_OF_A_SLICE = [
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "RescaleIntercept",
    "RescaleSlope",
]
NEEDED_BY_ORTHO = ["SliceThickness", "ConvolutionKernel"]

Parts = list[tuple[object, bytes]]


@dataclass(frozen=True)
class Mutated:
    """A folder's files after mutation: bytes by name, how many were mutated, what was done, and what they were made
    of."""

    files: Mapping[str, bytes]
    mutated: int
    deeds: tuple[str, ...]
    origins: Mapping[str, File]


@cache
def _bases() -> tuple[tuple[File, ...], ...]:
    private = series(CLASSIC, "private", count=3)
    for file in private:
        file.header |= {
            (0x0029, 0x0010): ("LO", "MAKER"),
            (0x0029, 0x1010): ("OB", b"\1" * 64),
            (0x0029, 0x1020): ("SQ", [{"Modality": "MR"}]),
        }
    made = [
        series(CLASSIC, count=3),
        series(CLASSIC, "many", count=12),
        bend(series(CLASSIC, count=3), syntax=IMPLICIT),
        bend(series(CLASSIC, "many", count=12), syntax=IMPLICIT),
        bend(series(CLASSIC, count=3), syntax=BIG_ENDIAN),
        bend(series(CLASSIC, "many", count=12), syntax=BIG_ENDIAN),
        bend(series(CLASSIC, count=3), syntax=DEFLATED),
        private,
        series(ENHANCED, count=3),
        bend(series(ENHANCED, count=3), syntax=IMPLICIT),
        series(CRANIOFACIAL, count=3),
        put(series(ENHANCED, count=3), [1], SliceThickness="1"),
        bend(series(CLASSIC, "many", count=12), syntax="1.2.840.10008.1.2.5", encapsulated=(_RLE_FRAME,)),
        bend(series(CLASSIC, "many", count=12), syntax="1.2.840.10008.1.2.4.80", encapsulated=(_JPEG_LS_FRAME,)),
    ]
    return tuple(tuple(files) for files in made)


# A run-length frame of two segments of zeros for 32 x 32 pixels of 16 bits.
_RLE_FRAME = (
    b"".join(number.to_bytes(4, "little") for number in (2, 64, 80, *(0,) * 13)) + b"\x81\0" * 8 + b"\x81\0" * 8
)

# A JPEG-LS frame of 32 x 32 pixels of 16 bits: 0, and 2000 in the middle.
_JPEG_LS_FRAME = bytes.fromhex(
    "ffd8fff7000b0b0020002001011100ffda0008010100000000ff7fff441f410844444924920000000042f4880f85107c"
    "6089e3044f3049e6093cc1279824f60a7b053d829ec14f60a7b053d829efff00ffd9"
)


@cache
def _disc() -> Mapping[str, bytes]:
    folder = Path(tempfile.mkdtemp())
    try:
        made = disc(folder)
        return {str(path.relative_to(made)): path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()}
    finally:
        shutil.rmtree(folder)


def _flip(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 5, 20, 200))):
        if changed:
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _replace(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice((1, 3, 30))):
        if changed:
            changed[dice.randrange(len(changed))] = dice.choice((0, 1, 0x5C, 0x7F, 0xFE, 0xFF, dice.randrange(256)))
    return bytes(changed)


def _cut(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content) + 1)]


def _insert(content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content) + 1)
    return content[:at] + dice.randbytes(dice.choice((1, 2, 8, 300))) + content[at:]


def _remove(content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content) + 1)
    return content[:at] + content[at + dice.choice((1, 2, 8, 100)) :]


def _plant(content: bytes, dice: random.Random) -> bytes:
    """Writes a word that readers stumble over at a random place."""
    words = (
        b"\xff\xff\xff\xff",
        b"\xfe\xff\x00\xe0\xff\xff\xff\xff",
        b"\xfe\xff\x0d\xe0\0\0\0\0",
        b"\xfe\xff\xdd\xe0\0\0\0\0",
        b"\xe0\x7f\x10\x00OW\0\0\xff\xff\xff\x7f",
        b"SQ\0\0\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\xff\xff\xff\x7f",
    )
    word = dice.choice(words)
    at = dice.randrange(len(content) + 1)
    return content[:at] + word + content[at + len(word) :]


BYTE_DEEDS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _flip,
    _replace,
    _cut,
    _insert,
    _remove,
    _plant,
)


def _drop(parts: Parts, dice: random.Random) -> Parts:
    at = dice.randrange(len(parts))
    return parts[:at] + parts[at + 1 :]


def _repeat(parts: Parts, dice: random.Random) -> Parts:
    at, to = dice.randrange(len(parts)), dice.randrange(len(parts) + 1)
    return [*parts[:to], parts[at], *parts[to:]]


def _disorder(parts: Parts, dice: random.Random) -> Parts:
    changed = list(parts)
    one, two = dice.randrange(len(parts)), dice.randrange(len(parts))
    changed[one], changed[two] = changed[two], changed[one]
    return changed


def _lie(parts: Parts, dice: random.Random) -> Parts:
    """Changes the length field of one element."""
    at = dice.randrange(len(parts))
    key, content = parts[at]
    changed = bytearray(content)
    start = dice.choice((4, 6, 8))
    lengths = (0, 1, 2, len(content) + 2, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, dice.randrange(1 << 32))
    field = dice.choice(lengths).to_bytes(4, "little")[: dice.choice((2, 4))]
    changed[start : start + len(field)] = field
    return [*parts[:at], (key, bytes(changed[: len(content)])), *parts[at + 1 :]]


def _empty(parts: Parts, dice: random.Random) -> Parts:
    """Blanks the value of one element."""
    at = dice.randrange(len(parts))
    key, content = parts[at]
    return [*parts[:at], (key, content[:8] + dice.choice((b" ", b"\0", b"\\")) * (len(content) - 8)), *parts[at + 1 :]]


ELEMENT_DEEDS: tuple[Callable[[Parts, random.Random], Parts], ...] = (
    _drop,
    _drop,
    _repeat,
    _disorder,
    _lie,
    _lie,
    _empty,
)


_made: dict[int, tuple[File, Parts, bytes]] = {}


def _remembered(file: File) -> tuple[File, Parts, bytes]:
    """A base file (held, so that its id stays its own), its elements and its bytes: the same for every seed."""
    if id(file) not in _made:
        parts = elements(file)
        _made[id(file)] = file, parts, whole(file, [part for _, part in parts])
    return _made[id(file)]


def _parts(file: File) -> Parts:
    return list(_remembered(file)[1])


def _content(file: File) -> bytes:
    return _remembered(file)[2]


def _mutate(file: File, dice: random.Random) -> tuple[bytes, str]:
    if dice.random() < 0.5:
        deed = dice.choice(BYTE_DEEDS)
        return deed(_content(file), dice), deed.__name__
    parts, deeds = _parts(file), []
    for _ in range(dice.choice((1, 1, 2))):
        chosen = dice.choice(ELEMENT_DEEDS)
        parts = chosen(parts, dice)
        deeds.append(chosen.__name__)
    return whole(file, [part for _, part in parts]), "+".join(deeds)


def mutated(seed: int) -> Mutated:
    """The mutated folder of a seed; always the same for the same seed."""
    dice = random.Random(seed)
    if dice.random() < 0.03:
        files = dict(_disc())
        chosen = dice.sample(sorted(files), 2) if dice.random() < 0.5 else ["DICOMDIR"]
        for name in chosen:
            files[name] = dice.choice(BYTE_DEEDS)(files[name], dice)
        return Mutated(files, len(chosen), ("disc",), {})
    base = dice.choice(_bases())
    every = dice.random() < 0.7
    unlucky = range(len(base)) if every else [dice.randrange(len(base))]
    files, deeds = {}, []
    for index, file in enumerate(base):
        if index in unlucky:
            files[file.name], deed = _mutate(file, dice)
            deeds.append(deed)
        else:
            files[file.name] = _content(file)
    return Mutated(files, len(unlucky), tuple(deeds), {file.name: file for file in base})


def write_mutated(made: Mutated, folder: Path) -> Path:
    """Writes a mutated folder."""
    for name, content in made.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def facts_gone(made: Mutated) -> dict[str, list[str]]:
    """Needed facts that an independent reader (pydicom) does not find, by protocol: none may then be accepted."""
    gone: dict[str, list[str]] = {"exoplan-import": [], "3dsystems-ortho": []}
    for name, content in made.files.items():
        if name.endswith("DICOMDIR"):
            continue
        with quiet_pydicom():
            try:
                read = pydicom.dcmread(io.BytesIO(content), force=True)
                missing = [keyword for keyword in NEEDED if _is_empty(read, keyword)]
                missing += [keyword for keyword in NEEDED_OF_A_SLICE if not _found(read, keyword)]
                ortho = [keyword for keyword in NEEDED_BY_ORTHO if not _found(read, keyword)]
            except Exception as problem:  # of any kind: pydicom stumbles over damage beside the facts too
                intact = name in made.origins and _intact(made.origins[name], content)
                missing, ortho = [] if intact else [f"unreadable ({type(problem).__name__})"], []
        gone["exoplan-import"] += missing
        gone["3dsystems-ortho"] += missing + ortho
    return gone


def _intact(origin: File, content: bytes) -> bool:
    """Whether every needed element still stands in a file with its tag and length, in the functional groups too."""
    needed = {*NEEDED, *NEEDED_OF_A_SLICE, *NEEDED_BY_ORTHO}
    parts = [part for key, part in elements(origin) if key in needed]
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for item in origin.header.get(groups, []):  # type: ignore[attr-defined]
            for macro in item.values():
                parts += [element(origin, key, value) for key, value in macro[0].items() if key in needed]
    return all(part[:8] in content for part in parts)


def _is_empty(read: pydicom.Dataset, keyword: str) -> bool:
    """Whether an attribute is missing or has no bytes; a damaged VR alone takes no value away."""
    element = read.get_item(keyword)
    value = None if element is None else element.value
    if keyword in NUMBERS and isinstance(value, bytes):
        return not value
    return value is None or (
        isinstance(value, (str, bytes)) and not value.strip(b" \0" if isinstance(value, bytes) else " \0")
    )


def _found(read: pydicom.Dataset, keyword: str) -> bool:
    """Whether the attribute has a value at top level or in each frame's groups (its own or the shared one)."""
    if "PerFrameFunctionalGroupsSequence" not in read:
        return not _is_empty(read, keyword)
    shared = any(_anywhere(item, keyword) for item in read.get("SharedFunctionalGroupsSequence", None) or [])
    return shared or all(_anywhere(item, keyword) for item in read.PerFrameFunctionalGroupsSequence)


def _anywhere(item: pydicom.Dataset, keyword: str) -> bool:
    return any(not _is_empty(inner, keyword) for element in item if element.VR == "SQ" for inner in element.value)
