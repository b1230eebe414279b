"""DICOM objects that a PACS takes back: Encapsulated STL, and the segmentation as DICOM SEG."""

from .encapsulated import write_encapsulated_stl
from .seg import write_dicom_seg
from .source import check_study, source_headers

__all__ = ["check_study", "source_headers", "write_dicom_seg", "write_encapsulated_stl"]
