"""DicomToPrint: from a CT to a file that a 3D printer accepts, with a verdict at every step.

The rooms stand in the order in which the data walks through them, and import only what stands above:
``errors``, ``progress``, ``picture``, ``findings``, ``volume``, ``mesh``, ``mesh_file``, ``measure``, ``dicom``,
``acceptance``, ``segmentation``, ``surface``, ``preparation``, ``printability``, ``output``, ``phantom``,
``pipeline``, ``command``; ``mrml`` and ``gui`` need Slicer.
"""

__version__ = "0.1.0"
