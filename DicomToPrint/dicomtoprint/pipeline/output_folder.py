"""The output folder: whether it can be written, who writes to it, and what else stands there."""

import os
import platform
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..config.formats import endings_of_format
from ..errors import OutputError, UsageError
from ..messages import _, join
from ..text import pluralize

MODEL_SUFFIXES = (".stl", ".3mf", ".obj", ".ply", ".dcm", ".mrb")
_CLAIM = ".running-{host}-{process}"


def check_writable(folder: Path) -> None:
    """Makes the output folder. Raises `OutputError` where it cannot be made or written, before any long work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".writable-", dir=folder)
        os.close(descriptor)
        os.unlink(name)
    except (FileExistsError, NotADirectoryError):
        raise OutputError(
            _(
                "The output folder '{folder}' cannot be made, since a file of that name is in the way: "
                "choose another one.",
                folder=folder.name,
            )
        ) from None
    except OSError as error:
        raise OutputError(
            _(
                "The output folder '{folder}' cannot be written ({strerror}): choose another one.",
                folder=folder.name,
                strerror=error.strerror,
            )
        ) from None


def keep_inputs(
    inputs: Iterable[Path | str], folder: Path, stem: str, formats: Sequence[str], overwrite: bool = False
) -> None:
    """Raises `UsageError` where a file of the run, called `stem` and what follows, could take the place of an input, before any long work.

    Two names are one file where the file system says so, through links and whatever the case of their letters.
    """
    given = [Path(path) for path in inputs if Path(path).is_file()]
    if overwrite or not given or not folder.is_dir():
        return
    written = tuple(ending for name in formats for ending in endings_of_format(name))
    for path in folder.iterdir():
        name = path.name.lower()
        if name.startswith(stem.lower()) and name.endswith(written):
            refuse_same_file(path, given)


def refuse_same_file(target: Path, inputs: Iterable[Path], overwrite: bool = False) -> None:
    """Raises `UsageError` where a file to be written is one of the inputs and not `overwrite`."""
    for path in inputs:
        if not overwrite and target.exists() and path.exists() and os.path.samefile(target, path):
            raise UsageError(
                _(
                    "'{target}' is the input itself and would be replaced: choose another place for the output, "
                    "or say {--overwrite}.",
                    target=target.name,
                )
            )


@contextmanager
def lock_output_folder(folder: Path) -> Iterator[None]:
    """The output folder, made and held for one run, so that no second run mixes its files with those of the first.

    Raises `OutputError` where it cannot be written or another run of this computer is at work in it. What a killed run left of its
    claim is taken away.
    """
    check_writable(folder)
    host = re.sub(r"[^A-Za-z0-9]", "", platform.node()) or "here"
    own = folder / _CLAIM.format(host=host, process=os.getpid())
    with ExitStack() as stack:
        try:
            stack.callback(own.unlink, missing_ok=True)
            stack.enter_context(open(own, "wb"))  # open until the end: Windows then keeps others from removing it
        except OSError as error:
            raise OutputError(
                _(
                    "The output folder '{folder}' cannot be written ({strerror}): choose another one.",
                    folder=folder.name,
                    strerror=error.strerror,
                )
            ) from None
        for other in folder.glob(_CLAIM.format(host=host, process="*")):
            if other != own and _is_held(other):
                raise OutputError(
                    _(
                        "Another run is writing to the output folder '{folder}': wait for its end, or choose another "
                        "folder.",
                        folder=folder.name,
                    )
                )
        yield


def _is_held(claim: Path) -> bool:
    """Whether the run that made the claim is still alive; the claim of a dead one is removed."""
    if os.name != "nt":  # Windows refuses to remove what is still open, and os.kill would end the process there
        try:
            os.kill(int(claim.name.rpartition("-")[2]), 0)
            return True
        except PermissionError:
            return True
        except (ProcessLookupError, ValueError):
            pass
    try:
        claim.unlink(missing_ok=True)
    except OSError:
        return os.name == "nt"
    return False


def describe_foreign_files(folder: Path, written: Sequence[str]) -> tuple[str, ...]:
    """A sentence on model files in the folder that are not among the names `written`, and on the record of an earlier run where
    there is no newer one because nothing was written; none where there is neither.

    Their names stay out of it: a file of somebody else's may be named after a patient.
    """
    models = [path for path in folder.iterdir() if path.suffix.lower() in MODEL_SUFFIXES and path.name not in written]
    found = [pluralize(len(models), "model file")] if models else []
    if not written and (folder / "record.json").exists():
        found.append(_("the record of an earlier run"))
    if not found:
        return ()
    return (
        _(
            "The folder also holds {found} that this run did not write: this report says nothing about them.",
            found=join(_(" and "), found),
        ),
    )
