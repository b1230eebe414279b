"""What a review writes: JSON, a page, and the deviation on model and part."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .review import PartReview, ScanReview

if TYPE_CHECKING:
    from ..mesh.core import Mesh

SCHEMA = "dicom-to-print/review/1"


def review_json(review: PartReview) -> dict[str, Any]:
    """The review in the contract's form; see ``data/report/review.schema.json``."""
    from ..io import sha256_of

    model = review.model
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "created": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "software": {"name": "DicomToPrint", "version": __version__},
        "record_sha256": sha256_of(model.path),
        "model": {"file": model.file["file"], "sha256": model.file["sha256"]},
        "process": review.limits.process,
        "use": review.limits.use,
        "limits": {"tolerance_mm": review.limits.tolerance_mm, "use_mm": review.limits.use_mm},
        "verdict": review.verdict,
        "calipers": [caliper.as_json() for caliper in review.calipers],
    }
    if review.scan is not None:
        content["scan"] = _scan_json(review, review.scan)
    return content


def _scan_json(review: PartReview, scan: ScanReview) -> dict[str, Any]:
    fit, axes = scan.registration.fit, review.model.axes
    matrix = [[*map(float, row), float(shift)] for row, shift in zip(fit.pose.rotation, fit.pose.translation)]
    part: dict[str, Any] = {"kind": scan.kind, "sha256": scan.sha256 or None, "triangles": len(scan.part.triangles)}
    if review.request.identified and review.request.part is not None:
        part["file"] = review.request.part.name
    return {
        "part": part,
        "findings": [finding.as_json() for finding in scan.verdict.findings],
        "figures": {name: finite(value) for name, value in scan.verdict.figures.items()},
        "pose": {
            "part_to_model": [*matrix, [0.0, 0.0, 0.0, 1.0]],
            "residual_mm": finite(fit.noise_mm),
            "share_used": fit.share,
            "stiffness": [float(value) for value in fit.stiffness],
            "undefined_motions": [[float(value) for value in motion] for motion in fit.undefined],
            "poses_as_good": len(scan.registration.others),
        },
        "scale": {
            axis: {
                "factor": float(factor),
                "percent": 100.0 * (float(factor) - 1.0),
                "standard_error_percent": finite(100.0 * float(error)),
            }
            for axis, factor, error in zip(axes, fit.scale, fit.scale_error)
        },
        "growth": {"mm": fit.growth_mm, "standard_error_mm": finite(fit.growth_error_mm)},
        "bend": None
        if scan.bend is None
        else {
            "along": axes[scan.bend.along],
            "across": axes[scan.bend.across],
            "sagitta_mm": scan.bend.sagitta_mm,
            "share_of_variance": scan.bend.share,
        },
        "walls": {"share": scan.walls.share, "unseen_share": scan.walls.unseen_share},
        "scan_error_mm": review.request.scan_error_mm,
        "loose_pieces": scan.deviation.loose_pieces,
        "budget": {
            "sentence": scan.budget.sentence,
            "total_mm": scan.budget.total_mm,
            "items": [
                {"name": item.name, "bound_mm": item.bound_mm, "basis": item.basis, "origin": item.origin}
                for item in scan.budget.items
            ],
        },
        "notes": list(scan.notes),
    }


def finite(value: float) -> float | None:
    """The figure, None where it is not one: JSON has no other numbers."""
    return float(value) if abs(float(value)) < float("inf") else None


def write_review(review: PartReview, folder: Path, progress: ProgressCallback = no_progress) -> dict[str, Any]:
    """Writes ``review.json``, ``review.html`` and, of a scan, ``deviation.ply`` (the model) and ``part.ply`` (the part in its place), both
    with the point array ``Deviation`` in mm; returns the JSON. Where asked for, ``part.html``, which turns, and ``review.pdf``.
    Raises `OutputError`."""
    from ..io import export_meshes, write_json_atomically, write_text_atomically
    from ..rendering import print_map, render_model_views
    from ..report.pdf import print_to_pdf
    from ..report.review_page import render_review
    from .output_folder import check_writable

    check_writable(folder)
    content = review_json(review)
    pictures: tuple[Any, ...] = ()
    note = ""
    if review.scan is not None:
        model, part = deviation_meshes(review, review.scan)
        for mesh, stem in ((model, "deviation"), (part, "part")):
            export_meshes([mesh], folder, stem, ("ply",), space="LPS" if review.model.is_placed else None)
        drawn = render_model_views([model], [(model, print_map(model))], (), subprogress(progress, 0.2, 0.9))
        pictures, note = drawn.maps, drawn.note
    write_json_atomically(folder / "review.json", content)
    page = write_text_atomically(
        folder / "review.html", render_review(content, pictures, (note,) if note else (), review.model.record.calipers)
    )
    if review.request.pages.viewer and review.scan is not None:
        write_text_atomically(folder / "part.html", _turning_page(model, part, review))
    if review.request.pages.pdf:
        print_to_pdf(page, folder / "review.pdf", progress)
    return content


def _turning_page(model: "Mesh", part: "Mesh", review: PartReview) -> str:
    """The model with the distance of the print and its walls, and the scan in its place, in a page that turns."""
    import numpy as np

    from ..rendering import print_map, wall_map
    from ..rendering.turning_page import render_turning_page

    assert review.scan is not None
    most = print_map(model).high
    maps = [(model, print_map(model)), (part, replace(print_map(part, most_mm=most), title=_("The scan of the part")))]
    walls = review.scan.walls
    samples = review.scan.deviation.samples
    thickness = np.full(len(model.points), np.nan, np.float32)
    own = samples.vertex[walls.rows]
    thickness[own[own >= 0]] = walls.thickness_mm[own >= 0]
    if np.isfinite(thickness).any():
        shown = model.with_arrays(point_arrays={"Wall": thickness})
        maps.append((shown, wall_map(shown)))
    return render_turning_page(maps, _("The printed part on its model"))


def deviation_meshes(review: PartReview, scan: ScanReview) -> "tuple[Mesh, Mesh]":
    """The model and the part in the model's place, with their distances from one another at their points; nan where nothing is known."""
    import numpy as np

    from ..mesh.core import Mesh

    mesh = scan.surface.mesh
    samples, values = scan.deviation.samples, scan.deviation.values
    own = samples.vertex >= 0
    summed = np.bincount(samples.vertex[own], np.nan_to_num(values[own]), minlength=len(mesh.points))
    count = np.bincount(samples.vertex[own], np.isfinite(values[own]), minlength=len(mesh.points))
    at_points = np.where(count > 0, summed / np.maximum(count, 1), np.nan).astype(np.float32)
    measured = slice(0, len(scan.part.points))
    placed, offsets = scan.deviation.scan.points[measured], scan.deviation.offsets[measured]
    part = Mesh(placed, scan.part.triangles, "part", point_arrays={"Deviation": offsets.astype(np.float32)})
    return mesh.with_arrays(point_arrays={"Deviation": at_points}), part
