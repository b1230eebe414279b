"""DicomToPrint: from a CT to a file that a 3D printer accepts, with a verdict at every step.

The engine: importable and installable without Slicer. Its packages stand in the order in which data passes; each imports only
what stands above it (`docs/architecture.md` has the list, `Testing/Architecture` holds it).
"""

__version__ = "0.2.0"
