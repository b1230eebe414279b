"""The whole catalogue: every clause of the two documents and of integrity, and every case that shows it."""

from __future__ import annotations

from functools import cache

from .case import Case
from .exoplan import statement
from .exoplan_shown import DISPLAYED, UNUSED
from .integrity import integrity
from .ortho3ds import orthopaedic
from .pixels import pixel_cases

ORTHOPAEDIC = (
    "O01",
    "O02",
    "O03",
    "O04",
    "O06",
    "O07",
    "O08a",
    "O08b",
    "O08c",
    "O08d",
    "O09a",
    "O09b",
    "O10",
    "O11",
    "O12a",
    "O12b",
    "O13",
    "O14",
    "O15",
    "O17",
    "O18",
    "O19",
    "O21",
    "O20a",
    "O20b",
    "O22",
    "O23",
    "O24",
    "O25",
)
STATEMENT = (
    "E-SOP",
    "E-TS",
    "E-EQUI",
    "E-CART",
    "E-CharSet",
    "E-ImageType",
    "E-SOPInstanceUID",
    "E-StudyInstanceUID",
    "E-SeriesInstanceUID",
    "E-Modality",
    "E-Tilt-CT",
    "E-Tilt-ECT",
    "E-IPP",
    "E-IOP",
    "E-SamplesPerPixel",
    "E-Photometric",
    "E-NumberOfFrames",
    "E-Rows",
    "E-Columns",
    "E-PixelSpacing",
    "E-BitsAllocated",
    "E-BitsStored",
    "E-HighBit",
    "E-PixelRepresentation",
    "E-Window",
    "E-Rescale",
    "E-FG",
    "E-PixelData",
    "E-lossy",
)
DISPLAY = tuple(f"E-D-{keyword}" for keyword in DISPLAYED)
NOT_USED = tuple(f"E-N-{keyword}" for keyword in UNUSED)
INTEGRITY = (
    "I01",
    "I02",
    "I03",
    "I04",
    "I05p",
    "I05f",
    "I06",
    "I07",
    "I08",
    "I09",
    "I10",
    "I11",
    "I12",
    "I13",
    "I14",
    "I15",
    "I16",
    "I17",
    "H01",
)
CLAUSES = ORTHOPAEDIC + STATEMENT + DISPLAY + NOT_USED + INTEGRITY

# Clauses whose rule cannot end other than in a pass, and why; each still needs a rule and a case.
NEVER_FAIL = {
    **dict.fromkeys(NOT_USED, "the statement says that the attribute is not used: whatever it holds is right"),
    "O03": "a standing question that no file answers; it is tested with its answers",
    "I16": "how padding is read is shown; what would be wrong with it shows in the grey values (I14)",
    "O21": "the document offers disc or internet: either is right and is shown",
}


@cache
def catalogue() -> tuple[Case, ...]:
    """All cases, ids unique; the order is that of the documents."""
    made = (*orthopaedic(), *statement(), *integrity(), *pixel_cases())
    ids = [case.id for case in made]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise ValueError(f"case ids stand twice: {doubled}")
    return made
