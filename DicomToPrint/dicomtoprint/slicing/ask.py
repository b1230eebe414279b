"""Asking the slicer: it runs as a program of its own, in a folder of its own, and may crash, hang or say nothing."""

import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..workers.program import MAX_TEXT, ProgramLimits, run_program
from .islands import count_islands
from .profile import SlicerJob, SlicerProfile, find_program

MAX_BYTES = 2_000_000_000  # of what it writes
_WORDS = re.compile(r"(\d+)\s*([dhms])")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True)
class SlicedFile:
    """What a slicer says of one file: printing time in s, material in cm3 with supports, layers, islands (None: not told), its
    warnings, why it refused it (empty: it did not), and why nothing is known (empty: it is)."""

    file: str
    time_s: float | None = None
    material_cm3: float | None = None
    layers: int | None = None
    islands: int | None = None
    warnings: tuple[str, ...] = ()
    refused: str = ""
    unknown: str = ""


@dataclass(frozen=True)
class SlicingResult:
    """What a slicer says of the files of a model, each printed by itself; `severity` is what a refusal does to the verdict."""

    slicer: str
    severity: str
    files: tuple[SlicedFile, ...]

    def total(self, name: str) -> float | None:
        """The sum of a figure over all files; None where one of them does not tell it."""
        values = [getattr(file, name) for file in self.files]
        return None if not values or any(value is None for value in values) else float(sum(values))

    def as_json(self) -> dict[str, object]:
        """Totals and files, for plan and printability."""
        totals = {name: self.total(name) for name in ("time_s", "material_cm3", "layers", "islands")}
        return {
            "slicer": self.slicer,
            **{
                name: int(value) if value is not None and name in ("layers", "islands") else value
                for name, value in totals.items()
            },
            "files": [
                {
                    "file": one.file,
                    "time_s": one.time_s,
                    "material_cm3": one.material_cm3,
                    "layers": one.layers,
                    "islands": one.islands,
                    "warnings": list(one.warnings),
                    "refused": one.refused,
                    "unknown": one.unknown,
                }
                for one in self.files
            ],
        }


def slice_files(
    files: Sequence[Path],
    profile: SlicerProfile,
    job: SlicerJob,
    values: Mapping[str, float],
    progress: ProgressCallback = no_progress,
) -> SlicingResult:
    """Each file sliced by itself. `values` fill the job's arguments (`layer_mm`, `density_g_cm3`, `width_mm`, `depth_mm`, `height_mm`).

    What goes wrong with a file stands in its result. Raises `MissingDependencyError` where the program is not installed,
    `CancelledError` from `progress`.
    """
    program = find_program(profile)
    done = []
    for number, file in enumerate(files):
        progress(number / len(files), _("asking {profile}", profile=profile.title))
        with tempfile.TemporaryDirectory(prefix="dicomtoprint-slicing-") as folder:
            done.append(_slice(program, file, profile, job, values, Path(folder), progress))
    progress(1.0, _("{profile} has answered", profile=profile.title))
    return SlicingResult(profile.title, profile.severity, tuple(done))


def _slice(
    program: str,
    file: Path,
    profile: SlicerProfile,
    job: SlicerJob,
    values: Mapping[str, float],
    folder: Path,
    progress: ProgressCallback,
) -> SlicedFile:
    output = folder / job.output
    filled = {
        **{name: f"{value:g}" for name, value in values.items()},
        "model": str(file.resolve()),
        "output": str(output),
    }
    arguments = [
        re.sub(r"\{(\w+)\}", lambda found: filled.get(found.group(1), found.group(0)), one) for one in job.arguments
    ]
    try:
        end = run_program(
            [program, *arguments],
            folder,
            ProgramLimits(profile.timeout_s),
            lambda said: progress(0.5, _("waiting for the slicer")),
        )
    except OSError as error:
        return SlicedFile(
            file.name,
            unknown=_("{profile} could not be started ({kind})", profile=profile.title, kind=type(error).__name__),
        )
    warnings = tuple(dict.fromkeys(_found(profile.warnings, end.said)))
    refusal = next(iter(_found(profile.refusals, end.said)), "")
    if refusal:
        return SlicedFile(file.name, warnings=warnings, refused=refusal)
    failed = ""
    if end.limit:
        failed = _("gave no answer in {timeout_s:g} s and was stopped", timeout_s=profile.timeout_s)
    elif end.code != 0:
        failed = _("ended with code {code} and no reason that is known", code=end.code)
    if failed:
        return SlicedFile(
            file.name, warnings=warnings, unknown=_("{profile} {failed}", profile=profile.title, failed=failed)
        )
    return _read(file.name, output, profile, job, warnings)


def _found(patterns: Sequence[str], text: str) -> list[str]:
    """What the patterns match, the group where there is one; one line each, in the order of the patterns."""
    hits = [match for pattern in patterns for match in re.finditer(pattern, text)]
    return [(match.group(1) if match.groups() else match.group(0)).strip().rstrip(".") for match in hits]


def _read(name: str, output: Path, profile: SlicerProfile, job: SlicerJob, warnings: tuple[str, ...]) -> SlicedFile:
    try:
        if not 0 < output.stat().st_size <= MAX_BYTES:
            raise ValueError("empty")
        text = output.read_text("utf-8", "replace") if not job.member else _member(output, job.member)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return SlicedFile(
            name, warnings=warnings, unknown=_("{profile} wrote nothing that can be read", profile=profile.title)
        )
    time_s = _time(_first(job.time_pattern, text), job.time_unit)
    material = _number(_first(job.material_pattern, text))
    layers = _layers(job, text)
    if not layers or time_s is None:
        return SlicedFile(
            name, warnings=warnings, unknown=_("{profile} wrote no layers and no printing time", profile=profile.title)
        )
    islands = count_islands(text.splitlines(), job.islands) if job.islands is not None else None
    return SlicedFile(name, time_s, material, layers, islands, warnings)


def _member(archive: Path, member: str) -> str:
    with zipfile.ZipFile(archive) as inside:
        if inside.getinfo(member).file_size > MAX_TEXT:
            raise ValueError("too large")
        return inside.read(member).decode("utf-8", "replace")


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1) if found else ""


def _number(text: str) -> float | None:
    try:
        return round(float(text), 3)
    except ValueError:
        return None


def _time(text: str, unit: str) -> float | None:
    if unit == "seconds":
        return _number(text)
    parts = _WORDS.findall(text)
    return float(sum(int(count) * _SECONDS[word] for count, word in parts)) if parts else None


def _layers(job: SlicerJob, text: str) -> int:
    if job.layer_count:
        return len(re.findall(job.layer_count, text, re.MULTILINE))
    return int(sum(_number(_first(pattern, text)) or 0.0 for pattern in job.layer_sums))
