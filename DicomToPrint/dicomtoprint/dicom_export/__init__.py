"""DICOM objects that a PACS takes back: Encapsulated STL, and the segmentation as DICOM SEG."""

from .encapsulated_stl import write_encapsulated_stl
from .seg import write_dicom_seg
from .source_headers import require_study, source_headers

__all__ = ["require_study", "source_headers", "write_dicom_seg", "write_encapsulated_stl"]
