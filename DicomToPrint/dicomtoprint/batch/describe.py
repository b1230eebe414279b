"""What a finished run says, taken from the files that it wrote: for the page, the summary and the table of scanners."""

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import DicomToPrintError
from ..io import write_bytes_atomically
from ..messages import ENGLISH, Said, _, from_data, join, speaking, spoken, translate
from .case import Case

THUMBNAIL = "thumbnail.png"
# The verdict of a case by the exit code of its command, where no file was written and judged.
VERDICT_OF_CODE = {1: "reject", 3: "unreadable", 4: "ask"}
UNKNOWN = _("not stated")
_BEFORE = "dicom_to_print: "


def verdict_of(code: int, result: Path) -> str:
    """Verdict of a case by its exit code, and by the written file's own verdict where there is one."""
    found = _json(result / "printability.json").get("verdict")
    if code in (0, 1) and found in ("ready", "warn", "not-ready"):
        return str(found)
    return VERDICT_OF_CODE.get(code, "failed")


def describe_scan(source: Path, result: Path) -> dict[str, Any]:
    """Verdict, scanner, kernel and month of the scan, and the clauses that it did not pass; nothing where none was judged."""
    judged = _json(result / "acceptance.json").get("series") or []
    if not judged:
        return {}
    wanted = _json(result / "record.json").get("series")
    series = next((one for one in judged if one.get("series") == wanted), judged[0])
    return {
        "verdict": series.get("verdict", ""),
        **_scanner(source, str(series.get("series"))),
        "clauses": [
            {"protocol": protocol, "clause": finding.get("clause") or finding["rule"], "outcome": finding["outcome"]}
            | {"severity": finding["severity"]}
            for protocol, judgement in series.get("protocols", {}).items()
            for finding in judgement.get("findings", ())
            if finding["outcome"] in ("fail", "ask") and finding["severity"] != "info"
        ],
    }


def _scanner(source: Path, series_id: str) -> dict[str, str]:
    """Maker and model, kernel and month of a series, read again from its headers."""
    from ..dicom import read_study

    try:
        study = read_study(source)
    except DicomToPrintError:
        return {"scanner": UNKNOWN, "kernel": UNKNOWN, "month": UNKNOWN}
    series = next((one for one in study.series if one.id == series_id), study.series[0])

    def said(keyword: str) -> str:
        return "/".join(str(value) for value in series.distinct(keyword)[:2])[:60]

    scanner = join(" ", filter(None, (said("Manufacturer"), said("ManufacturerModelName"))))
    dates = [said(name) for name in ("AcquisitionDate", "SeriesDate", "StudyDate")]
    date = next((text for text in dates if re.match(r"\d{4}(0[1-9]|1[0-2])\d\d", text)), "")
    return {
        "scanner": scanner or UNKNOWN,
        "kernel": said("ConvolutionKernel") or UNKNOWN,
        "month": f"{date[:4]}-{date[4:6]}" if date else UNKNOWN,
    }


def describe_models(result: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Sizes of the written file as in printability.json, and the SHA-256 of each model by its file name."""
    mesh = _json(result / "printability.json").get("mesh") or {}
    measures = {name: value for name, value in mesh.items() if isinstance(value, (int, float)) or value is None}
    outputs = _json(result / "record.json").get("outputs") or ()
    return measures, {str(one.get("file")): str(one.get("sha256")) for one in outputs if isinstance(one, Mapping)}


def write_thumbnail(result: Path) -> None:
    """A small picture of the model beside it: that of the 3MF, else drawn from the first mesh; none where there is no model."""
    data = b""
    for path in sorted(result.glob("*.3mf")):
        with zipfile.ZipFile(path) as package:
            name = next((one for one in package.namelist() if one.endswith("thumbnail.png")), "")
            data = package.read(name) if name else b""
    if not data:
        data = _drawn(result)
    if data:
        write_bytes_atomically(result / THUMBNAIL, data)


def _drawn(result: Path) -> bytes:
    from ..io import read_mesh_file
    from ..rendering import render_thumbnail

    found = [path for path in sorted(result.iterdir()) if path.suffix in (".stl", ".ply", ".obj", ".3mf")]
    try:
        return render_thumbnail(read_mesh_file(found[0]).meshes) if found else b""
    except DicomToPrintError:
        return b""


def last_sentence(errors: io.StringIO, case: Case) -> Said | None:
    """The sentence that a command ended with, None without one; where it names the input or a folder above it, it says 'the input'
    instead."""
    printed = (Said(line, line, ENGLISH) for line in errors.getvalue().splitlines())
    said: Sequence[Said] = getattr(errors, "said", ()) or tuple(printed)
    last = next((one for one in reversed(said) if one.english.startswith(_BEFORE)), None)
    if last is None:
        return None
    with speaking(last.language):
        return Said(
            _unnamed(last.english, case, "the input"), _unnamed(last.told, case, translate(_("the input"))), spoken()
        )


def _unnamed(sentence: str, case: Case, instead: str) -> str:
    sentence = sentence.removeprefix(_BEFORE).replace(case.source, instead)
    for part in Path(case.source).parts:
        sentence = sentence.replace(f"'{part}'", instead)
    return sentence[:1].upper() + sentence[1:]


def first_fault(result: Path) -> Said:
    """The message of the worst finding on the written file, told in the language of its run; empty where there is none."""
    findings = _json(result / "printability.json").get("findings") or ()
    failed = [
        one for one in findings if one.get("outcome") in ("fail", "ask") and one.get("severity") in ("reject", "warn")
    ]
    if not failed:
        return Said("", "", ENGLISH)
    worst = min(failed, key=lambda one: one["severity"] != "reject")
    message = from_data({"message_id": worst["message_id"], "parameters": worst["message_parameters"]})
    with speaking(str(_json(result / "record.json").get("settings", {}).get("language") or ENGLISH)):
        return Said(str(worst["message"]), translate(message), spoken())


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
