"""What Slicer, or `slicer-core`, offers to the engine's command line: series of the DICOM database, and scenes."""

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dicomtoprint.cli.host import Host
from dicomtoprint.errors import UsageError
from dicomtoprint.messages import _


def slicer_host() -> Host:
    """The services of this host; Slicer itself is imported only when one of them is asked for."""
    return Host(sources={"dicomdb": _database_series}, scene_writer=_scene_writer)


@contextmanager
def _database_series(uid: str) -> Iterator[Path]:
    """A series of Slicer's DICOM database as links in a folder."""
    from .dicom_database import application_database, link_files, series_files

    store = application_database()
    if store is None:
        raise UsageError(
            _("dicomdb: names a series in Slicer's DICOM database, so run this in Slicer, or give a folder.")
        )
    folder = link_files(series_files(store, uid))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _scene_writer() -> "Callable[[Any], Any] | None":
    if importlib.util.find_spec("slicer") is None:
        return None
    from .mrb import write_run_scene

    return write_run_scene
