"""Fields of the RSNA-ACR 3D Printing Registry, filled in as far as a run knows them.

The groups are those that the registry names (American College of Radiology, 3D Printing Registry overview): clinical
indication and intended use, source imaging, construction of the model and its effort, printing and its effort,
clinical impact. The registry's own form may name its fields otherwise; nothing here identifies a patient.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..files import write_json_atomically
from .build import Record

SCHEMA = "dicom-to-print/registry/1"


def registry_entry(
    record: Record,
    *,
    modality: str = "",
    manufacturer: str = "",
    slices: int | None = None,
    spacing_mm: Sequence[float] = (),
    anatomy: str = "",
    process: str = "",
) -> dict[str, Any]:
    """The entry as plain JSON; None marks what a person must fill in."""
    seconds = sum(float(step.get("seconds") or 0.0) for step in record.steps)
    technology = {
        "fdm": "material extrusion",
        "sla": "vat photopolymerization",
        "sls": "powder bed fusion",
        "mjf": "powder bed fusion",
        "material-jetting": "material jetting",
        "binder-jetting": "binder jetting",
        "dmls": "powder bed fusion",
    }
    return {
        "schema": SCHEMA,
        "registry": "RSNA-ACR 3D Printing Registry",
        "clinical_indication": {
            "indication": None,
            "specialty": None,
            "anatomy": anatomy or None,
            "patient_age_years": None,
        },
        "intended_use": {"use": record.intended_use or None, "model_or_guide": "anatomic model", "sterilised": None},
        "source_imaging": {
            "modality": modality or None,
            "manufacturer": manufacturer or None,
            "slices": slices,
            "spacing_mm": list(spacing_mm) or None,
            "acquired_for_printing": None,
            "scan_verdict": record.verdicts.get("scan"),
        },
        "construction": {
            "software": dict(record.software),
            "segmentation": "semi-automatic by grey values",
            "parts": len(record.parts) or None,
            "computing_minutes": round(seconds / 60.0, 2) if record.steps else None,
            "technologist_minutes": None,
            "physician_minutes": None,
            "quality_control": "file read back and inspected",
            "print_file_verdict": record.verdicts.get("print"),
        },
        "printing": {
            "technology": technology.get(process),
            "process": process or None,
            "printer": None,
            "material": None,
            "volume_cm3": _volume(record.parts),
            "size_mm": _size(record.parts),
            "copies": None,
            "print_hours": None,
            "post_processing_minutes": None,
            "colours": len({tuple(part.get("color", ())) for part in record.parts}) or None,
        },
        "clinical_impact": {
            "changed_plan": None,
            "time_saved_minutes": None,
            "patient_understanding": None,
            "comment": None,
        },
        "record_sha256": None,
    }


def write_registry(folder: Path, entry: Mapping[str, Any]) -> Path:
    """Writes ``registry.json`` in `folder`: whole or not at all. Raises `CannotWrite`."""
    return write_json_atomically(Path(folder) / "registry.json", entry)


def _volume(parts: Sequence[Mapping[str, Any]]) -> float | None:
    volumes = [float(part["volume_mm3"]) for part in parts if part.get("volume_mm3") is not None]
    return round(sum(volumes) / 1000.0, 2) if volumes else None


def _size(parts: Sequence[Mapping[str, Any]]) -> list[float] | None:
    bounds = [part["bounds_mm"] for part in parts if len(part.get("bounds_mm") or ()) == 6]
    if not bounds:
        return None
    return [round(max(b[2 * axis + 1] for b in bounds) - min(b[2 * axis] for b in bounds), 2) for axis in range(3)]
