"""record.json: what went in, what was set, what each step did, what came out."""

import datetime
import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .. import __version__
from ..errors import InputError
from ..io.atomic import json_text, translate_os_errors, write_text_atomically
from ..messages import _
from ..progress import ProgressCallback, no_progress

if TYPE_CHECKING:  # pydicom takes a while to import
    from ..dicom import Series

SCHEMA = "dicom-to-print/record/1"
_LIBRARIES = (
    "numpy",
    "scipy",
    "vtk",
    "slicer-core",
    "SimpleITK",
    "pydicom",
    "highdicom",
    "fast-simplification",
    "manifold3d",
    "lib3mf",
)


@dataclass(frozen=True)
class RunRecord:
    """The record of one run; every field is plain JSON. See `data/report/record.schema.json`.

    command: `run` on a scan, `prepare` on a mesh, or `coupon`.
    inputs: one entry a file, ``{"number", "sha256", "bytes"}`` (and ``"name"`` only where patient data
    is meant to be shown); input_sha256 is one hash over the sorted hashes, independent of names and order.
    given_files: presets, protocols and a segmentation of the user's own, ``{"file", "sha256", "bytes"}``.
    parameters: every setting, given or default. answers: ``{"rule", "answer", "role", "time"}``. checklist: what a person
    is asked of the model, ``{"question", "text", "answer", "role", "time"}``, answer None where it is open. acceptance: the
    contract's JSON. steps: ``{"name", "seconds", "effect"}``. parts: sizes and deviations of each mesh. provenance:
    share of the area by origin. verdicts: of the scan and of the print file. outputs: the JSON form of `WrittenFile`.
    calipers: distances with ``"measured_mm": null`` to be filled in from the finished part.
    """

    schema: str = SCHEMA
    command: str = "run"
    created: str = ""
    software: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    platform: Mapping[str, str] = field(default_factory=dict)
    intended_use: str = ""
    accept_anyway: str = ""
    inputs: tuple[Mapping[str, Any], ...] = ()
    input_sha256: str = ""
    given_files: tuple[Mapping[str, Any], ...] = ()
    series: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    answers: tuple[Mapping[str, Any], ...] = ()
    acceptance: Mapping[str, Any] = field(default_factory=dict)
    gate: str = ""
    steps: tuple[Mapping[str, Any], ...] = ()
    parts: tuple[Mapping[str, Any], ...] = ()
    provenance: Mapping[str, float] = field(default_factory=dict)
    budget: Mapping[str, Any] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[Mapping[str, Any], ...] = ()
    calipers: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    checklist: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The record as plain JSON, in the order of its fields."""
        return json.loads(json_text({f.name: getattr(self, f.name) for f in fields(self)}))


def new_run_record(**content: Any) -> RunRecord:
    """A record with the time, the software, the libraries and the platform filled in.

    `content` are fields of `RunRecord`; dataclasses among them (steps, parts, calipers, budget, written files) become
    plain JSON through their ``as_json()`` or their fields. Raises TypeError for a field that does not exist.
    """
    plain = {name: _plain(value) for name, value in content.items()}
    if "calipers" in plain:
        plain["calipers"] = tuple({**caliper, "measured_mm": None} for caliper in plain["calipers"])
    return RunRecord(
        **{
            "created": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "software": {"name": "DicomToPrint", "version": __version__},
            "libraries": library_versions(),
            "platform": platform_tag(),
            **plain,
        }
    )


def _plain(value: Any) -> Any:
    if hasattr(value, "as_json"):
        return value.as_json()
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(item) for name, item in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return value


def library_versions() -> dict[str, str]:
    """Versions of the libraries that take part, by their names on PyPI; what is not installed is left out."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    if "vtk" not in found:  # Slicer's own VTK has no package entry
        from vtkmodules.vtkCommonCore import vtkVersion

        found["vtk"] = vtkVersion.GetVTKVersion()
    return found


def platform_tag() -> dict[str, str]:
    """Kind of system and Python; no host or user name."""
    return {"system": platform.system(), "machine": platform.machine(), "python": platform.python_version()}


def hash_inputs(
    paths: Sequence[Path],
    root: Path | None = None,
    *,
    identified: bool = False,
    progress: ProgressCallback = no_progress,
) -> tuple[tuple[dict[str, Any], ...], str]:
    """Entries of the input files for `Record.inputs`, and one hash over all, independent of their names and order.

    Names may hold a patient's name, and a hash of a name can be guessed, so that files are only numbered, in the order
    of their paths; with `identified` the path relative to `root` is kept too.
    Raises `InputError`.
    """
    files = [(_relative(path, root), _opener(path)) for path in sorted(Path(p) for p in paths)]
    return _hashed(files, identified, progress)


def _relative(path: Path, root: Path | None) -> str:
    return path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else path.name


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: open(path, "rb")


def hash_series(
    series: "Series", *, identified: bool = False, progress: ProgressCallback = no_progress
) -> tuple[tuple[dict[str, Any], ...], str]:
    """As `hash_inputs`, for the files of one series, in a folder or a .zip."""
    names = sorted(file.name for file in series.files)
    return _hashed([(name, functools.partial(series.source.open, name)) for name in names], identified, progress)


def _hashed(
    files: Sequence[tuple[str, Callable[[], IO[bytes]]]], identified: bool, progress: ProgressCallback
) -> tuple[tuple[dict[str, Any], ...], str]:
    entries = []
    for number, (name, opened) in enumerate(files, start=1):
        progress((number - 1) / len(files), _("hashing the input"))
        digest, size = hashlib.sha256(), 0
        try:
            with opened() as file:
                while piece := file.read(1 << 20):
                    digest.update(piece)
                    size += len(piece)
        except OSError:
            raise InputError(
                _(
                    "Input file {number} of {files_count} can no longer be read: check the medium and try again.",
                    number=number,
                    files_count=len(files),
                )
            ) from None
        entry: dict[str, Any] = {
            "number": number,
            "sha256": digest.hexdigest(),
            "bytes": size,
        }
        entries.append({**entry, "name": name} if identified else entry)
    return tuple(entries), _text_hash("\n".join(sorted(entry["sha256"] for entry in entries)))


def _text_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def write_record(folder: Path, record: RunRecord) -> Path:
    """Writes ``record.json`` in `folder`: whole or not at all.

    Write it last: it names the outputs. Raises `OutputError`.
    """
    with translate_os_errors("record.json"):
        return write_text_atomically(Path(folder) / "record.json", json_text(record.as_json()))


def read_record(path: Path) -> RunRecord:
    """The record of a ``record.json``.

    Raises `InputError` for what is none, or is of a later form than this version knows.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(_("{path} cannot be opened: name the record.json of a run.", path=path.name)) from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise InputError(_("{path} is no JSON file: name the record.json of a run.", path=path.name)) from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise InputError(
            _(
                "{path} is no record of a run that this version knows: name a record.json, or update DicomToPrint.",
                path=path.name,
            )
        )
    known = {f.name: f for f in fields(RunRecord)}
    frozen = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items() if name in known
    }
    if not all(isinstance(frozen.get(name, {}), dict) for name in ("parameters", "acceptance", "verdicts")):
        raise InputError(
            _("{path} is damaged: its parameters cannot be read; use the copy kept with the model.", path=path.name)
        )
    return RunRecord(**frozen)  # type: ignore[arg-type]
