"""`coupon`: the test plate of a process, written, read again, judged, with its map and its form."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..config.formats import DEFAULT_FORMATS
from ..config.run_settings import RunSettings
from ..errors import UsageError
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from . import stages
from .output_folder import lock_output_folder

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..coupon import CouponLayout, CouponSolid
    from ..io import WrittenFile
    from ..mesh.core import Mesh
    from ..printability import Readiness

STEM = "coupon"
FORM, PAGE = "coupon-form.csv", "coupon.html"


@dataclass(frozen=True)
class CouponResult:
    """A test plate that was written: what was drawn, its `content` (the map), its files, and how they were judged."""

    layout: "CouponLayout"
    content: dict[str, Any]
    files: "tuple[WrittenFile, ...]"
    readiness: "Readiness"
    folder: Path


def make_coupon(
    process_name: str,
    output: Path,
    printer_name: str | None = None,
    formats: tuple[str, ...] = DEFAULT_FORMATS,
    progress: ProgressCallback = no_progress,
) -> CouponResult:
    """The test plate of a process in `output`: ``coupon.stl``, ``.3mf`` and more, ``coupon.json`` (its map), ``coupon-form.csv`` and
    ``coupon.html`` (the forms), ``printability.json``, ``record.json``.

    Raises `UsageError` for unknown names, a printer too small, and formats that a plate cannot have, `MissingDependencyError` without
    manifold3d, `OutputError`.
    """
    from ..config import resources
    from ..coupon import build_solid, lay_out
    from ..coupon.coupon_map import map_content
    from ..io import export_meshes
    from ..printability import load_printer, load_process

    if {"dicom", "seg"} & set(formats):
        raise UsageError(_("A test plate is no anatomy, so it has no DICOM form: choose among stl, 3mf, obj and ply."))
    settings = stages.drop_unavailable_formats(RunSettings(process=process_name, printer=printer_name, formats=formats))
    process = load_process(process_name)
    layout = lay_out(process, load_printer(printer_name or process.printer))
    content = map_content(layout, resources.load_json_resource("processes", process_name)[0])
    with lock_output_folder(output):
        progress(0.0, _("drawing the test plate"))
        solid = build_solid(layout)
        metadata = {
            "Title": _("{stem} {process} {id}", stem=STEM, process=process.name, id=content["id"]),
            "Application": f"DicomToPrint {__version__}",
        }
        files = export_meshes(
            [solid.mesh],
            output,
            STEM,
            settings.formats,
            metadata=metadata,
            space=None,
            progress=subprogress(progress, 0.05, 0.15),
        )
        readiness = _judge(files, solid, layout, printer_name, subprogress(progress, 0.15, 0.9))
        result = CouponResult(layout, content, files, readiness, output)
        _write(result, settings, solid.mesh, subprogress(progress, 0.9, 1.0))
    progress(1.0, _("done"))
    return result


def _judge(
    files: "tuple[WrittenFile, ...]",
    solid: "CouponSolid",
    layout: "CouponLayout",
    printer_name: str | None,
    progress: ProgressCallback,
) -> "Readiness":
    """The written file, read again, beside the same plate without what lies beyond a guideline on purpose."""
    from ..coupon import build_solid
    from ..coupon.judgement import declare
    from ..io import MeshFile, read_mesh_file
    from ..printability import ScanReference, assess_file, load_printer

    machine = load_printer(printer_name or layout.process.printer)

    def judged(file: "MeshFile", one: "CouponSolid", step: ProgressCallback) -> "Readiness":
        reference = ScanReference(labels=one.labels, source="mesh")
        return assess_file(file, layout.process, machine, reference=reference, progress=step)

    written = next((file for file in files if file.format == "3mf"), files[0])
    read = read_mesh_file(written.path)
    whole = judged(read, solid, subprogress(progress, 0.0, 0.6))
    sound = build_solid(layout, with_declared=False)
    alone = MeshFile(read.name, read.format, (sound.mesh,), read.unit, read.unit_source, space=read.space)
    return declare(whole, judged(alone, sound, subprogress(progress, 0.6, 1.0)))


def _write(result: CouponResult, settings: RunSettings, mesh: "Mesh", progress: ProgressCallback) -> None:
    """Map, forms, verdict and record."""
    from ..coupon.coupon_map import NAME
    from ..coupon.form import write_form
    from ..io import write_json_atomically, write_text_atomically
    from ..rendering import render_plate
    from ..report.coupon_page import render_coupon
    from ..run_record import new_run_record, write_record
    from .record_content import given_file_entries
    from .report_content import recorded_settings

    folder, readiness = result.folder, result.readiness
    write_json_atomically(folder / NAME, result.content)
    write_text_atomically(folder / FORM, write_form(result.content))
    write_json_atomically(folder / "printability.json", readiness.as_json())
    pictures, note = render_plate(mesh, progress)
    page = render_coupon(result.content, readiness, pictures, note)
    write_text_atomically(folder / PAGE, page)
    record = new_run_record(
        command="coupon",
        intended_use=settings.use,
        parameters=recorded_settings(settings).as_json(),
        given_files=given_file_entries(settings),
        outputs=tuple(file.as_json() for file in result.files),
        verdicts={"scan": _("not applicable"), "print": readiness.verdict},
        notes=(
            _(
                "Test plate {id} of the process {name}.",
                id=result.content["id"],
                name=result.content["process"]["name"],
            ),
        ),
    )
    write_record(folder, record)


def coupon_json(result: CouponResult) -> dict[str, Any]:
    """The map with verdict and files, for ``--json``."""
    content: dict[str, Any] = json.loads(json.dumps(result.content))
    content["verdict"] = result.readiness.verdict
    content["files"] = [file.as_json() for file in result.files]
    return content
