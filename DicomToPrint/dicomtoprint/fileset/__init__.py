"""A study as a DICOM File-set for transfer: uncompressed images, a DICOMDIR, hashes, read back before it counts."""

from .write import Packed, write_file_set

__all__ = ["Packed", "write_file_set"]
