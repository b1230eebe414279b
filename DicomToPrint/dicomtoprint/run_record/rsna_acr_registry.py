"""An entry for the RSNA-ACR 3D Printing Registry, filled in as far as a run knows it.

Its sections and what they hold follow the registry's case form as the American College of Radiology describes it (NRDR support
articles "3DP Case Form": Imaging description and indication(s), Digital Model, Physical Model, Procedure, Effort, User Assessment):
up to 20 anatomic parts by region, subregion, structure, laterality and comment, the dominant one first; up to 5 physical models, a
model being a set of parts on one printer at one scale in one material; eight kinds of effort, each as hours, minutes or unknown.
The form's own data dictionary is a table for members: names and choices must be held against it when the entry is typed in.
Nothing here identifies a patient.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..io.atomic import write_json_atomically
from .record import RunRecord

SCHEMA = "dicom-to-print/registry/2"
EFFORTS = ("consultation", "segmentation", "CAD", "prep/post-processing")
MAX_PARTS = 20
TECHNOLOGY_CODES = {
    "fdm": "material extrusion",
    "sla": "vat photopolymerization",
    "sls": "powder bed fusion",
    "mjf": "powder bed fusion",
    "material-jetting": "material jetting",
    "binder-jetting": "binder jetting",
    "dmls": "powder bed fusion",
}
# Region and structure in the form's terms, where the anatomy alone settles them.
ANATOMY: Mapping[str, tuple[str | None, str | None]] = {
    "skull": ("Head", "Bone"),
    "jaw": ("Head", "Bone"),
    "jaws-apart": ("Head", "Bone"),
    "bone": (None, "Bone"),
    "single-bone": (None, "Bone"),
    "bones-apart": (None, "Bone"),
    "vertebra": (None, "Bone"),
}


def registry_entry(
    record: RunRecord,
    *,
    modality: str = "",
    manufacturer: str = "",
    slices: int | None = None,
    spacing_mm: Sequence[float] = (),
    anatomy: str = "",
    process: str = "",
) -> dict[str, Any]:
    """The entry as plain JSON; None marks what a person must fill in."""
    unknown = {"hours": None, "minutes": None, "unknown": None}
    return {
        "schema": SCHEMA,
        "registry": "RSNA-ACR 3D Printing Registry",
        "imaging": {
            "indication": None,
            "modality": modality or None,
            "manufacturer": manufacturer or None,
            "images": slices,
            "spacing_mm": list(spacing_mm) or None,
            "acquired_for_printing": None,
        },
        "digital_model": {
            "type_of_3d_printed_object": "Anatomic Model",
            "purpose": record.intended_use or None,
            "ordering_service": None,
            "anatomic_parts": _anatomic_parts(record.parts, anatomy),
            "software": dict(record.software),
        },
        "physical_models": [
            {
                "parts": [str(part.get("name", "")) for part in record.parts[:MAX_PARTS]],
                "printer_label": None,
                "printer_manufacturer": None,
                "printer_model": None,
                "technology": TECHNOLOGY_CODES.get(process),
                "material": None,
                "optical": None,
                "scale_percent": 100,
                "copies": None,
                "volume_cm3": _volume(record.parts),
                "size_mm": _size(record.parts),
            }
        ],
        "procedure": {"use_of_model": None},
        "effort": {who: {kind: dict(unknown) for kind in EFFORTS} for who in ("clinician", "non-clinician")},
        "user_assessment": None,
        # Not asked by the form: what a reader needs to know of this run.
        "run": {
            "scan_verdict": record.verdicts.get("scan"),
            "print_file_verdict": record.verdicts.get("print"),
            "computing_minutes": _minutes(record),
        },
    }


def _anatomic_parts(parts: Sequence[Mapping[str, Any]], anatomy: str) -> list[dict[str, Any]]:
    """The parts by falling volume: the dominant one stands first."""
    region, structure = ANATOMY.get(anatomy, (None, None))
    ordered = sorted(parts, key=lambda part: -float(part.get("volume_mm3") or 0.0))[:MAX_PARTS]
    return [
        {
            "region": region,
            "subregion": None,
            "structure": structure,
            "laterality": None,
            "comment": str(part.get("name", "")),
        }
        for part in ordered
    ]


def _minutes(record: RunRecord) -> float | None:
    seconds = sum(float(step.get("seconds") or 0.0) for step in record.steps)
    return round(seconds / 60.0, 2) if record.steps else None


def write_registry(folder: Path, entry: Mapping[str, Any]) -> Path:
    """Writes ``registry.json`` in `folder`: whole or not at all. Raises `OutputError`."""
    return write_json_atomically(Path(folder) / "registry.json", entry)


def _volume(parts: Sequence[Mapping[str, Any]]) -> float | None:
    volumes = [float(part["volume_mm3"]) for part in parts if part.get("volume_mm3") is not None]
    return round(sum(volumes) / 1000.0, 2) if volumes else None


def _size(parts: Sequence[Mapping[str, Any]]) -> list[float] | None:
    bounds = [part["bounds_mm"] for part in parts if len(part.get("bounds_mm") or ()) == 6]
    if not bounds:
        return None
    return [round(max(b[2 * axis + 1] for b in bounds) - min(b[2 * axis] for b in bounds), 2) for axis in range(3)]
