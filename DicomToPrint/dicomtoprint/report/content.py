"""What a report can show.

Everything is optional: the same page serves a check, a run, a refused run and an inspection.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..accuracy.types import CaliperMeasurement, ErrorBudget
from ..images.image import ReportImage


@dataclass(frozen=True)
class ModelPart:
    """One mesh of the model: sizes in mm, mm2, mm3; deviations of its surface from the boundary in the scan, in mm.

    `bounds_mm` is (xmin, xmax, ymin, ymax, zmin, zmax) in LPS. A deviation of None was not measured.
    """

    name: str
    color: tuple[float, float, float] = (0.9, 0.85, 0.7)
    triangles: int = 0
    volume_mm3: float = 0.0
    area_mm2: float = 0.0
    bounds_mm: tuple[float, ...] = ()
    mean_deviation_mm: float | None = None
    p95_deviation_mm: float | None = None
    max_deviation_mm: float | None = None


@dataclass(frozen=True)
class ProcessingNote:
    """What one step did to the data, in words: `effect` holds the figures."""

    step: str
    effect: str


@dataclass(frozen=True)
class ReportContent:
    """The content of `report.html`; what is empty is left out, and what could not be made is said in `notes`.

    - `acceptance`: the JSON of the contract ``dicom-to-print/acceptance/1``, or an object whose ``as_json(identified)``
      gives it; `series`: short id of the series that the model comes from, others are listed after it.
    - `scan_pictures`: pictures of the pixel detectors, by short id of the series.
    - `gate`: the sentence that says why the scan was used or refused; `refused` marks a run that stopped there;
    - `use`, `use_title`: name and title of the intended use; `use_notes`: what must be known for it.
    - `parts_given`: the objects of a mesh that was given instead of a scan, before anything was done to them;
    - `parts`, `slice_pictures`, `view_pictures`, `map_pictures`: the model; `changes`: what each step did, in order.
    - `turned`: the meshes of the files are turned for the print, so that their axes are no longer the patient's.
    - `provenance`: share of the surface's area by origin (``measured``, ``bridged``, ``cut``, ``added``,
      ``modelled``), 0 to 1.
    - `budget`, `calipers`, `caliper_picture`: see `error_budget`, `select_caliper_measurements` and `render_model_views`.
    - `plan`: the JSON of the contract ``dicom-to-print/print-plan/1``, the proposal for the print lab.
    - `readiness`: the JSON of the contract ``dicom-to-print/printability/1``, or an object with ``as_json()``;
      `process`, `printer` in words; `finding_pictures`: where each finding is, by rule, see the function of
      that name.
    - `files`: the JSON form of `WrittenFile`; `inputs`: a sentence on what was read and its hash; `command`: how to
      repeat the run; `record_sha256`: hash of record.json.
    - `checklist`: the questions that a person answers on the model, ``{"question", "text", "answer", "role", "time"}``;
      `left_out`: what is not in the model, in words and by how much, to answer them by.
    - `answers_role`: who answered, when (``role``, ``time``), by rule id.
    - `created`: time in ISO 8601 (now, where empty); `software`: name and version in words.
    - `identified`: True where patient data is meant to be shown.
    """

    title: str = ""
    created: str = ""
    software: str = ""
    acceptance: Any = None
    series: str = ""
    scan_pictures: Mapping[str, tuple[ReportImage, ...]] = field(default_factory=dict)
    gate: str = ""
    refused: bool = False
    use: str = ""
    use_title: str = ""
    use_notes: tuple[str, ...] = ()
    parts: tuple[ModelPart, ...] = ()
    parts_given: tuple[ModelPart, ...] = ()
    turned: bool = False
    slice_pictures: tuple[ReportImage, ...] = ()
    view_pictures: tuple[ReportImage, ...] = ()
    map_pictures: tuple[ReportImage, ...] = ()
    caliper_picture: ReportImage | None = None
    changes: tuple[ProcessingNote, ...] = ()
    provenance: Mapping[str, float] = field(default_factory=dict)
    budget: ErrorBudget | None = None
    calipers: tuple[CaliperMeasurement, ...] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)
    readiness: Any = None
    readiness_pictures: tuple[ReportImage, ...] = ()
    finding_pictures: Mapping[str, tuple[ReportImage, ...]] = field(default_factory=dict)
    process: str = ""
    printer: str = ""
    files: tuple[Mapping[str, Any], ...] = ()
    inputs: str = ""
    command: str = ""
    record_sha256: str = ""
    answers_role: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    checklist: tuple[Mapping[str, Any], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    identified: bool = False
