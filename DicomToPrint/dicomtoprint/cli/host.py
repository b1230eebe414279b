"""What the program around the engine offers to the command line: sources of its own, and a writer of scenes."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..io import WrittenFile
    from ..pipeline import RunResult

    SceneWriter = Callable[[RunResult], WrittenFile]


@dataclass(frozen=True)
class Host:
    """Services of the host; the engine alone has none.

    Attributes
    ----------
    sources
        By scheme (``dicomdb`` of ``dicomdb:SERIESUID``): a function of what follows the colon, whose context manager gives a folder
        of DICOM files while it is open. Raises `errors.InputError` or `errors.UsageError` where there is no such source.
    scene_writer
        Returns the function that writes the scene of a run, or None where this host cannot write one.
    """

    sources: Mapping[str, Callable[[str], AbstractContextManager[Path]]] = field(default_factory=dict)
    scene_writer: "Callable[[], SceneWriter | None]" = lambda: None
