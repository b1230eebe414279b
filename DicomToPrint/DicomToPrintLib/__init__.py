"""What needs Slicer: `mrml` between nodes and the engine's types, `gui` the panel's parts. The engine is `dicomtoprint`."""

import sys
from pathlib import Path

_MODULE = Path(__file__).resolve().parent.parent


def _use_engine_beside() -> None:
    """Import the engine that lies beside this package. Raises `ImportError` where another one is loaded.

    An engine that pip installed into Slicer's Python would be of another version, and brings a second VTK.
    """
    if str(_MODULE) not in sys.path[:1]:
        sys.path.insert(0, str(_MODULE))
    import dicomtoprint

    if Path(str(dicomtoprint.__file__)).resolve().parent.parent != _MODULE:
        raise ImportError(
            "Another DicomToPrint engine is loaded than the one of this module: "
            "uninstall the package dicomtoprint from this Python and start again."
        )


_use_engine_beside()
