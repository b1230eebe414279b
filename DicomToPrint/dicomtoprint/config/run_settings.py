"""What the user chose for a run: one frozen object that the panel and the script fill alike."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..errors import InputError, UsageError
from ..messages import _, join
from .formats import DEFAULT_FORMATS
from .options import OPTION_OF_SETTING, settings_of_command, settings_with_files


@dataclass(frozen=True)
class RunSettings:
    """Every parameter of `check`, `run` and `prepare`, with its default.

    Points are (R, A, S) mm as Slicer shows them; lengths are mm. `threshold` is (low, high or None) in the volume's grey values;
    `roi` is (R, R, A, A, S, S); `cuts` are (axis letter, mm), `oblique_cuts` are planes (point R, A, S, normal R, A, S).
    `kept_sides` names the sides of cuts that stay: R, L, A, P, S, I, or front and back of the oblique planes (empty: all).
    `drain_hole_positions` are (R, A, S), `keep_out_regions` are balls (R, A, S, radius) that no cut of a split enters; `magnets`
    are diameter and height; `joint` is what `pins` makes (pin, dowel or dovetail), `fit` sliding or press, `joint_clearance` the gap
    a side (None: that of the process's fit), `pin_diameter` None the process's own. `base_kind` is plate, foot or stand,
    `scale_bar` its length. `check_pixels` runs the detectors on pixel data; `include_identifiers` lets names and UIDs of the patient into
    the output. `answer_times` are (rule, time) of the answers (empty: when the run began). `max_deviation` None means the use case's own
    budget, `slice_with` names an installed slicer that is asked (None: none is), `protocols` empty means the command's default, `printer`
    None means the process's typical build volume. `labels` are the structures of a given segmentation that are wanted, by name or
    value (empty: all), `merge` joins them into one, `label_names` is a table of their names, `label_cutoff` the probability from which a
    voxel counts. `unit` is that of a given mesh (None: what its file says), `repair` mends one that is no closed surface,
    losing no piece farther than `max_loss` (None: the process's smallest feature), with `repair_shells` (number; keep, drop or flip)
    and `repair_holes` (number; cap or keep) as chosen, without shells smaller than `drop_shells_below` and all but the
    `largest_shells`, and with open sheets made solids of `thicken_sheet`; a scan asks for none of these.
    `segment_with` is a backend and its task that label the scan (None: none does), `backend_command` its program or the Python
    that it is installed in (None: its program in PATH), `confirm_licence` the backend whose licence the user has confirmed.
    `scale` is how many mm of the print are one of the anatomy (None: 1), `mirror` the plane of a mirror: sagittal, coronal or axial.
    `least_branch` is the diameter below which side branches of a vessel are left out (None: none are), `shell` the
    thickness of a wall around a lumen, whose ends are open, `largest_island` keeps the largest part
    of each structure of a given segmentation alone.
    `smooth_labels` takes details narrower than this out of labels that no grey value places (None: none).
    `steps` are preparation steps of installed packages, by name with a value or an empty text.
    `language` is that of the report and of what a command prints.
    """

    use: str = "general"
    anatomy: str = "bone"
    process: str = "fdm"
    printer: str | None = None
    protocols: tuple[str, ...] = ()
    check_pixels: bool = True
    surgery_date: str | None = None
    series: str | None = None
    answers: tuple[tuple[str, str], ...] = ()
    answer_times: tuple[tuple[str, str], ...] = ()
    role: str = "operator"
    include_identifiers: bool = False
    segmentation: str | None = None
    threshold: tuple[float, float | None] | None = None
    seeds: tuple[tuple[float, float, float], ...] = ()
    roi: tuple[float, float, float, float, float, float] | None = None
    max_deviation: float | None = None
    triangles: int = 500_000
    thicken: float | None = None
    hollow: float | None = None
    drain_hole_positions: tuple[tuple[float, float, float], ...] = ()
    escape_holes: int | None = None
    cuts: tuple[tuple[str, float], ...] = ()
    oblique_cuts: tuple[tuple[float, float, float, float, float, float], ...] = ()
    kept_sides: tuple[str, ...] = ()
    split: bool = False
    keep_out_regions: tuple[tuple[float, float, float, float], ...] = ()
    pins: bool = False
    magnets: tuple[float, float] | None = None
    struts: bool = False
    base: bool = False
    base_kind: str = "plate"
    label: str | None = None
    label_raised: bool = False
    label_at: tuple[float, float, float] | None = None
    scale_bar: float | None = None
    wrap: bool = False
    orient: bool = False
    formats: tuple[str, ...] = DEFAULT_FORMATS
    scene: bool = False
    accept_anyway: str | None = None
    labels: tuple[str, ...] = ()
    merge: bool = False
    label_names: str | None = None
    label_cutoff: float | None = None
    joint: str = "pin"
    fit: str = "sliding"
    pin_diameter: float | None = None
    joint_clearance: float | None = None
    slice_with: str | None = None
    unit: str | None = None
    repair: bool = True
    segment_with: str | None = None
    backend_command: str | None = None
    confirm_licence: str | None = None
    scale: float | None = None
    mirror: str | None = None
    least_branch: float | None = None
    shell: float | None = None
    max_loss: float | None = None
    thicken_sheet: float | None = None
    repair_shells: tuple[tuple[int, str], ...] = ()
    repair_holes: tuple[tuple[int, str], ...] = ()
    drop_shells_below: float | None = None
    largest_shells: int | None = None
    largest_island: bool = False
    smooth_labels: float | None = None
    viewer: bool = False
    pdf: bool = False
    steps: tuple[tuple[str, str], ...] = ()
    language: str = "en"

    @property
    def seeds_lps(self) -> tuple[tuple[float, float, float], ...]:
        """The seeds in LPS mm."""
        return tuple((-r, -a, s) for r, a, s in self.seeds)

    @property
    def roi_lps(self) -> tuple[float, float, float, float, float, float] | None:
        """The region of interest in LPS mm, as (L, L, P, P, S, S), each pair ascending."""
        if self.roi is None:
            return None
        r0, r1, a0, a1, s0, s1 = self.roi
        return (*sorted((-r0, -r1)), *sorted((-a0, -a1)), *sorted((s0, s1)))  # type: ignore[return-value]

    def as_json(self) -> dict[str, Any]:
        """Every parameter, given or default, by its serialised name: for the record."""
        return {serialised_name(name): value for name, value in asdict(self).items()}

    def changed(self) -> dict[str, Any]:
        """The parameters that differ from their defaults, by their serialised names."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {serialised_name(name): value for name, value in values.items()}


_FIELD_NAMES = {OPTION_OF_SETTING[f.name].serialised_name: f.name for f in fields(RunSettings)}


def serialised_name(name: str) -> str:
    """The name under which the field `name` is written."""
    return OPTION_OF_SETTING[name].serialised_name


def run_settings_from_json(content: Mapping[str, Any], where: str = _("These settings")) -> RunSettings:
    """Settings from their serialised form.

    Parameters
    ----------
    content
        Values by serialised name; those that are left out take their defaults, lists become tuples.
    where
        What `content` is a part of, as the subject of the sentence of an error.

    Raises
    ------
    InputError
        Where a name is not known: a setting that was dropped would give another run under the same record.
    """
    _refuse_unknown(content, _FIELD_NAMES, where, InputError)
    return RunSettings(**{_FIELD_NAMES[key]: _frozen(value) for key, value in content.items()})


def run_settings_from_keywords(keywords: Mapping[str, Any]) -> RunSettings:
    """Settings from keyword arguments, each by its serialised or by its Python name.

    Raises
    ------
    UsageError
        Where a name is not known, or a setting is given under both of its names.
    """
    python_names = {f.name: f.name for f in fields(RunSettings)}
    _refuse_unknown(keywords, {**python_names, **_FIELD_NAMES}, _("This call"), UsageError)
    values: dict[str, Any] = {}
    for key, value in keywords.items():
        name = _FIELD_NAMES.get(key, key)
        if name in values:
            raise UsageError(
                _(
                    "'{name}' and '{serialised_name}' are one setting: give it once.",
                    name=name,
                    serialised_name=serialised_name(name),
                )
            )
        values[name] = value
    return RunSettings(**values)


def _refuse_unknown(
    given: Mapping[str, Any], known: Mapping[str, Any], where: str, error: type[InputError] | type[UsageError]
) -> None:
    unknown = [f"'{name}'" for name in given if name not in known]
    if unknown:
        what = (
            _("the setting {unknown}", unknown=unknown[0])
            if len(unknown) == 1
            else _("the settings {unknown}", unknown=join(", ", unknown))
        )
        raise error(
            _(
                "{where} has {what}, which this version does not know: correct the name, or use a newer version.",
                where=where,
                what=what,
            )
        )


# Settings about a scan, its anatomy and the scene of both: of no use where the source is a mesh.
# The answers that stand beside a scan are about it, though `prepare` takes some of its own: those of the checklist.
SCAN_FIELDS = tuple(
    f.name for f in fields(RunSettings) if f.name not in settings_of_command("prepare") or f.name == "answers"
)
# Settings about a given mesh and its repair: of no use where the source is a scan.
MESH_FIELDS = tuple(name for name in settings_of_command("prepare") if name not in settings_of_command("run"))


def settings_of_mesh(settings: RunSettings) -> RunSettings:
    """The settings as `prepare` takes them: what is about a scan at its default."""
    return replace(settings, **{name: getattr(RunSettings(), name) for name in SCAN_FIELDS})


_BACKEND_CHOICE = re.compile(
    r"(.+\.json|[A-Za-z0-9_-]+)(?::(.+))?", re.DOTALL
)  # a path of Windows has a colon of its own


def settings_of_scan(settings: RunSettings) -> RunSettings:
    """The settings as `run` takes them: what is about a given mesh at its default."""
    return replace(settings, **{name: getattr(RunSettings(), name) for name in MESH_FIELDS})


# Settings that may be a file of the user's own instead of a built-in name.
NAME_OR_PATH_FIELDS = settings_with_files()


def redact_paths(settings: RunSettings) -> RunSettings:
    """The settings with the user's own files by their names alone, for record and report: a folder names people and machines."""
    command = settings.backend_command and Path(settings.backend_command).name
    return _each_file(replace(settings, backend_command=command), lambda file: Path(file).name)


def user_files(settings: RunSettings) -> tuple[Path, ...]:
    """The files of the user's own that the settings name: presets, protocols, a segmentation."""
    values = [getattr(settings, name) for name in NAME_OR_PATH_FIELDS]
    values += backend_choice(settings.segment_with)[:1]
    names = [name for value in values for name in (value if isinstance(value, tuple) else (value,)) if name]
    return tuple(path for path in map(Path, names) if path.suffix and path.is_file())


def resolve_relative_to(settings: RunSettings, folder: Path) -> RunSettings:
    """The settings with the files that are not where the program runs, but in `folder`, found there."""
    return _each_file(
        settings, lambda file: str(folder / file) if not Path(file).is_file() and (folder / file).is_file() else file
    )


def _each_file(settings: RunSettings, renamed: Callable[[str], str]) -> RunSettings:
    changed: dict[str, Any] = {}
    for name in NAME_OR_PATH_FIELDS:
        value = getattr(settings, name)
        changed[name] = tuple(map(renamed, value)) if isinstance(value, tuple) else renamed(value) if value else value
    if settings.segment_with:
        changed["segment_with"] = ":".join(map(renamed, backend_choice(settings.segment_with)))
    return replace(settings, **changed)


def backend_choice(text: str | None) -> tuple[str, ...]:
    """Name and, where it is given, task of ``NAME[:TASK]``: NAME is built in or a .json file, TASK a name or a folder. Empty where `text`
    is neither."""
    found = _BACKEND_CHOICE.fullmatch((text or "").strip())
    return () if found is None else tuple(filter(None, found.groups()))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def to_cli_args(settings: RunSettings) -> list[str]:
    """The options of the script that give these settings; what equals the default is left out."""
    arguments: list[str] = []
    for field in fields(settings):
        option, value = OPTION_OF_SETTING[field.name], getattr(settings, field.name)
        if option.flags and value != field.default:
            arguments += option.kind.write(option.flags[0], value)
    return arguments


def to_judgement_args(settings: RunSettings) -> list[str]:
    """The options of `check` and `pack` that give what these settings say of the judgement alone."""
    return to_cli_args(RunSettings(**{name: getattr(settings, name) for name in settings_of_command("pack")}))


def to_command_line(
    source: str, output: str, settings: RunSettings, script: str = "dicom_to_print.py", command: str = "run"
) -> str:
    """The command (`run`, `prepare`) that repeats this run outside the panel, quoted for the shell of this system."""
    import shlex
    import subprocess  # with what it loads a hundredth of a check of headers, which needs neither

    settings = settings_of_scan(settings) if command == "run" else settings
    words = ["python", script, command, source, "--output", output, *to_cli_args(settings)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
