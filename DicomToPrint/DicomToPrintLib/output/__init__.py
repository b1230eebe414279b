"""Files that others can trust, the report and the record that says why."""

from .files import Outputs, sha256_of, write_bytes_atomically, write_json_atomically, write_text_atomically
from .write import FORMATS, WrittenFile, write_files

__all__ = [
    "FORMATS",
    "Outputs",
    "WrittenFile",
    "sha256_of",
    "write_bytes_atomically",
    "write_files",
    "write_json_atomically",
    "write_text_atomically",
]
