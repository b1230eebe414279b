"""An installed slicer, asked: printing time, material, layers and islands of a written file, and whether it takes the file at all."""

from .ask import SlicedFile, SlicingResult, slice_files
from .findings import add_slicing
from .profile import SlicerJob, SlicerProfile, find_program, load_slicer, slicer_job

__all__ = [
    "SlicedFile",
    "SlicerJob",
    "SlicerProfile",
    "SlicingResult",
    "add_slicing",
    "find_program",
    "load_slicer",
    "slice_files",
    "slicer_job",
]
