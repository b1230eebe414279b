"""A backend as the user has installed it: its program, the Python it lives in, its version, and the environment it gets."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ..errors import MissingDependencyError, UsageError
from ..messages import _, join
from .profile import Backend, PrivateHome

VERSION_TIMEOUT_S = 60.0
_PYTHON = re.compile(r"(python|pypy)[\d.]*(\.exe)?", re.IGNORECASE)
_PATH_LISTS = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "QT_PLUGIN_PATH")


def installed_program(backend: Backend) -> str | None:
    """Path of the backend's program in PATH; None where there is none."""
    return next((found for command in backend.commands if (found := shutil.which(command))), None)


def find_backend(backend: Backend, given: str | None = None) -> tuple[str, ...]:
    """How the backend is started: its program, or a Python with what it has to run.

    Parameters
    ----------
    backend
        The backend.
    given
        Its program, or the Python of the environment that it is installed in. None: its program in PATH.

    Raises
    ------
    MissingDependencyError
        Where there is no such program.
    """
    if not given:
        found = installed_program(backend)
        if found is None:
            raise MissingDependencyError(
                _(
                    "{backend} was not found on this computer ({commands}): install it in an environment of its "
                    "own and name its program with {--backend-command}, or leave {--segment-with} out.",
                    backend=backend.title,
                    commands=join(", ", backend.commands),
                )
            )
        return (found,)
    found = shutil.which(given)
    if found is None:
        raise MissingDependencyError(
            _(
                "'{given}' of {--backend-command} is no program on this computer: name the program of "
                "{backend}, or the Python that it is installed in.",
                given=Path(given).name,
                backend=backend.title,
            )
        )
    if not _PYTHON.fullmatch(Path(found).name):
        return (found,)
    if backend.module:
        return (found, "-m", backend.module)
    if backend.call:
        return (found, "-c", backend.call)
    raise UsageError(
        _(
            "{backend} is started by its program, not by a Python: name the program with {--backend-command}.",
            backend=backend.title,
        )
    )


def backend_version(backend: Backend, command: tuple[str, ...]) -> str:
    """Version of its package, asked of the Python that it lives in; ``unknown`` where that cannot be found.

    Raises `MissingDependencyError` where the Python that was named lacks the package.
    """
    is_python = len(command) > 1
    python = command[0] if is_python else _python_beside(Path(command[0]))
    if python is None:
        return "unknown"
    asking = f"import importlib.metadata as m; print(m.version({backend.package!r}))"
    try:
        answer = subprocess.run(
            [python, "-c", asking],
            capture_output=True,
            text=True,
            timeout=VERSION_TIMEOUT_S,
            check=False,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    version = answer.stdout.strip()
    if answer.returncode == 0 and re.fullmatch(r"\d[\w.+!-]{0,60}", version):
        return version
    if is_python:
        raise MissingDependencyError(
            _(
                "The Python of {--backend-command} lacks the package {package}: name the one that {backend} "
                "is installed in.",
                package=backend.package,
                backend=backend.title,
            )
        )
    return "unknown"


def _python_beside(program: Path) -> str | None:
    """The Python of the environment that a program is installed in; its folder is that of the file behind a link."""
    folder = program.resolve().parent
    return next((str(folder / name) for name in ("python", "python3", "python.exe") if (folder / name).exists()), None)


def clean_environment() -> dict[str, str]:
    """The environment of this process without what makes another Python load our modules, or Slicer's libraries."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith("PYTHON")}
    home = os.environ.get("SLICER_HOME")
    for name in _PATH_LISTS:
        if home and name in kept:
            parts = kept[name].split(os.pathsep)
            kept[name] = os.pathsep.join(part for part in parts if not part.startswith(home))
    return kept


def backend_environment(backend: Backend, folder: Path) -> dict[str, str]:
    """The environment of a run in `folder`: temporary files there, statistics switched off in a copy of the backend's settings.

    What the user has set stays as it is, the folder of settings apart.
    """
    environment = clean_environment()
    temporary = folder / "temporary"
    temporary.mkdir()
    environment.update({"TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)})
    environment["PYTHONUNBUFFERED"] = "1"
    return {**environment, **quiet_environment(backend, folder, environment)}


def quiet_environment(backend: Backend, folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that switch a backend's statistics off, by a copy of its settings in `folder`, and those that it needs; beside an
    environment that is `given`, whose own values stay."""
    changed: dict[str, str] = {}
    home = ""
    if backend.home is not None:
        home = given.get(backend.home.variable) or str(Path(backend.home.default).expanduser())
        changed[backend.home.variable] = str(_private_home(backend.home, Path(home), folder))
    for name, value in backend.environment.items():
        if name not in given:
            changed[name] = value.replace("{home}", home)
    return changed


def _private_home(entry: PrivateHome, home: Path, folder: Path) -> Path:
    try:
        found = json.loads((home / entry.file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        found = None
    settings: Mapping[str, object] = found if isinstance(found, dict) else entry.absent
    private = folder / "home"
    path = private / entry.file
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**settings, **entry.changed}), encoding="utf-8")
    return private
