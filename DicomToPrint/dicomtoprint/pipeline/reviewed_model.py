"""The model of a record that a printed part is held against: its file as it was written, its process and its use."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, UsageError
from ..messages import _, join
from .calibrated import undo_compensation

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..mesh.core import Mesh
    from ..run_record import RunRecord

_FORMATS = ("stl", "ply", "obj", "3mf")  # the first that stands unchanged in the folder


@dataclass(frozen=True)
class ReviewedModel:
    """`record` of the file `path`; `mesh` of its model `file`, an entry of the record's outputs, in LPS mm as printed; `is_turned`: the
    file lies as it was printed, turned, scaled or mirrored, no longer as in the patient. `has_space`: the file
    says that it lies in LPS; one made from a mesh that named no space does not. `notes` on files that changed."""

    path: Path
    record: "RunRecord"
    file: dict[str, Any]
    mesh: "Mesh"
    is_turned: bool
    has_space: bool = True
    notes: tuple[str, ...] = ()

    @property
    def is_placed(self) -> bool:
        """Whether the file lies as in the patient."""
        return self.has_space and not self.is_turned

    @property
    def axes(self) -> tuple[str, str, str]:
        """What the axes of the file are called."""
        return ("R", "A", "S") if self.is_placed else ("x", "y", "z")


def record_path(given: Path) -> Path:
    """The ``record.json`` of a folder, or the file itself."""
    return given / "record.json" if given.is_dir() else given


def load_reviewed_model(given: Path, model: str | None = None) -> ReviewedModel:
    """The model of a record, the file `model` of it or the only one there is.

    Raises `InputError` where no file of it is as it was written, `UsageError` where several models make it unclear which one is meant.
    """
    from ..io import read_mesh_file, sha256_of
    from ..mesh.core import concatenate
    from ..run_record import read_record

    path = record_path(given)
    record = read_record(path)
    files = [dict(entry) for entry in record.outputs if str(entry.get("format")) in _FORMATS]
    if not files:
        raise InputError(
            _("{path} names no model file: name the record.json of a run that wrote a model.", path=path.name)
        )
    chosen = _chosen(files, model)
    notes = []
    for entry in sorted(chosen, key=lambda item: _FORMATS.index(str(item["format"]))):
        name = Path(str(entry["file"])).name
        file = path.parent / name
        if not file.is_file():
            notes.append(_("{name} is no longer beside the record.", name=name))
        elif sha256_of(file) != entry["sha256"]:
            notes.append(_("{name} was changed after the record was written.", name=name))
        else:
            mesh = undo_compensation(concatenate(list(read_mesh_file(file).meshes)), record.steps)
            turned = any(record.parameters.get(name) for name in ("orient", "scale", "mirror"))
            has_space = str(entry.get("space")) == "LPS"
            return ReviewedModel(path, record, entry, mesh, turned, has_space, tuple(notes))
    raise InputError(join(" ", notes) + _(" Put the model files of the run back beside record.json."))


def _chosen(files: list[dict[str, Any]], model: str | None) -> list[dict[str, Any]]:
    if model is not None:
        named = [entry for entry in files if model in (entry["file"], Path(str(entry["file"])).stem)]
        if not named:
            names = ", ".join(str(entry["file"]) for entry in files)
            raise UsageError(_("The record has no model '{model}': choose one of {names}.", model=model, names=names))
        return named
    stems = dict.fromkeys(Path(str(entry["file"])).stem for entry in files)
    if len(stems) > 1:
        raise UsageError(
            _(
                "The record has several models ({stems}): name the one that was printed with {--model}.",
                stems=join(", ", stems),
            )
        )
    return files
