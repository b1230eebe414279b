"""A stand-in for the Slicer application over PySide6 and the slicer-core wheel. It serves tests only.

There is no PythonQt on any registry. `install` puts modules `qt` and `ctk` and the missing parts of `slicer` in
place, with real
MRML behind them, and stricter than PythonQt: unknown signals, new attributes on widgets and calls of properties raise.
With ``DTP_SLICER_PYTHON=<Slicer source>/Base/Python`` Slicer's own pure-Python files are used where there are any.
"""

from .install import install

__all__ = ["install"]
