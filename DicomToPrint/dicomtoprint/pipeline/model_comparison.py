"""`compare`: the models of two records, of two operators, thresholds or versions, and why they may differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UsageError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress
from .reviewed_model import ReviewedModel, load_reviewed_model

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..mesh.core import Mesh

SCHEMA = "dicom-to-print/comparison/1"
_CELLS = 4_000_000  # of the grid on which the two are held against one another
_FINEST_MM = 0.25
_PATCH_MM2 = 10.0
_FAR_MM = 0.1  # stretches that lie farther apart than this, or than what 95 % of the surface do, are named


@dataclass(frozen=True)
class ModelComparison:
    """Two models in one place: `first` and `second` with the array ``Deviation``, each point's distance from the other in mm, outside
    positive; `content` is the JSON."""

    first: "Mesh"
    second: "Mesh"
    content: Mapping[str, Any]

    @property
    def lines(self) -> tuple[str, ...]:
        """The comparison in words, a line each."""
        found = self.content
        volumes = found["volume_mm3"]
        lines = [
            _(
                "Volume: {volumes:.2f} and {volumes2:.2f} cm3 ({volume_change_percent:+.2f} %).",
                volumes=volumes[0] / 1000,
                volumes2=volumes[1] / 1000,
                volume_change_percent=found["volume_change_percent"],
            ),
            _("Dice: {dice:.4f}, on voxels of {voxel_mm:.2f} mm.", dice=found["dice"], voxel_mm=found["voxel_mm"]),
            _(
                "Distance of the second from the first: mean {mean_mm:+.3f} mm (+ outside), 95 % of the "
                "surface within {p95_mm:.3f} mm, largest {largest_mm:.2f} mm; the other way round "
                "{largest_back_mm:.2f} mm.",
                mean_mm=found["mean_mm"],
                p95_mm=found["p95_mm"],
                largest_mm=found["largest_mm"],
                largest_back_mm=found["largest_back_mm"],
            ),
        ]
        for patch in found["patches"]:
            place = join(
                ", ",
                (
                    _("{name} {value:.0f}", name=name, value=value)
                    for name, value in zip(found["axes"], patch["where_mm"])
                ),
            )
            side = _("outside") if patch["mean_mm"] > 0 else _("inside")
            lines.append(
                _(
                    "  {area_mm2:.0f} mm2 of the second around {place} mm lie {mean_mm:.2f} mm {side} the first.",
                    area_mm2=patch["area_mm2"],
                    place=place,
                    mean_mm=abs(patch["mean_mm"]),
                    side=side,
                )
            )
        lines += [
            _("  differs: {name}: {old} / {new}", name=name, old=old, new=new)
            for name, (old, new) in found["differences"].items()
        ]
        if not found["differences"]:
            lines.append(_("The records name the same input, settings and versions."))
        return tuple(lines)


def compare_models(
    first: Path, second: Path, model: str | None = None, progress: ProgressCallback = no_progress
) -> ModelComparison:
    """Volume, Dice and signed distances of the models of two records, with what differs between these.

    Raises `InputError` and `UsageError` as `load_reviewed_model`; `UsageError` where one was turned for the print or names no space: it
    has no common place with the other.
    """
    from ..review import build_model_surface
    from ..review.deviation import signed_offsets

    one, other = load_reviewed_model(first, model), load_reviewed_model(second, model)
    if one.is_turned or other.is_turned:
        raise UsageError(
            _(
                "A model that was turned, scaled or mirrored for the print has no common place with another: "
                "compare runs without {--orient}, {--scale} and {--mirror}."
            )
        )
    for given in (one, other):
        if not given.has_space:
            raise UsageError(
                _(
                    "{file} does not say whether it lies in LPS or RAS, as the mesh that it was made from did not, so it has "
                    "no common place with another: prepare it from a file that names its space, as STL of 3D Slicer does.",
                    file=given.file["file"],
                )
            )
    progress(0.1, _("comparing the surfaces"))
    surfaces = build_model_surface(one.mesh), build_model_surface(other.mesh)
    to_first, _facing = signed_offsets(surfaces[0], other.mesh.points.astype(np.float64))
    to_second, _facing = signed_offsets(surfaces[1], one.mesh.points.astype(np.float64))
    progress(0.6, _("comparing the volumes"))
    dice, voxel = _dice(one.mesh, other.mesh)
    marked = [
        mesh.with_arrays(point_arrays={"Deviation": values.astype(np.float32)})
        for mesh, values in ((one.mesh, to_second), (other.mesh, to_first))
    ]
    content = {
        "schema": SCHEMA,
        "axes": list(one.axes),
        "models": [{"file": item.file["file"], "sha256": item.file["sha256"]} for item in (one, other)],
        "volume_mm3": [one.mesh.volume, other.mesh.volume],
        "volume_change_percent": 100.0 * (other.mesh.volume / max(one.mesh.volume, 1e-9) - 1.0),
        "dice": dice,
        "voxel_mm": voxel,
        "largest_back_mm": float(np.abs(to_second).max()),
        **_distances(other.mesh, to_first),
        "differences": differences(one, other),
    }
    return ModelComparison(marked[0], marked[1], content)


def _dice(one: "Mesh", other: "Mesh") -> tuple[float, float]:
    """Dice of the two solids on an even grid, and its voxels in mm."""
    from ..mesh.voxelize import voxelize

    bounds = np.array([one.bounds, other.bounds]).reshape(2, 3, 2)
    low, high = bounds[:, :, 0].min(axis=0) - 1.0, bounds[:, :, 1].max(axis=0) + 1.0
    step = max(_FINEST_MM, float(np.cbrt(np.prod(high - low) / _CELLS)))
    shape = np.ceil((high - low) / step).astype(int) + 1
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = low
    masks = [voxelize(mesh, affine, (int(shape[2]), int(shape[1]), int(shape[0]))) for mesh in (one, other)]
    total = int(masks[0].sum()) + int(masks[1].sum())
    return (2.0 * int((masks[0] & masks[1]).sum()) / total if total else 1.0), step


def _distances(mesh: "Mesh", offsets: np.ndarray) -> dict[str, Any]:
    """Figures of the signed distances (n,) at the points of a mesh, by area, and the stretches that lie farthest off."""
    from ..review.deviation import patches_of
    from ..review.judgement import weighted_percentile

    doubled = np.linalg.norm(mesh.triangle_normals(), axis=1)
    areas = np.bincount(mesh.triangles.ravel(), np.repeat(doubled / 6.0, 3), minlength=len(mesh.points))
    p95 = weighted_percentile(np.abs(offsets), areas, 0.95)
    far = np.abs(offsets) > max(_FAR_MM, p95)
    reach = float(np.clip(2.5 * np.sqrt(np.percentile(areas, 90)), 1.0, 5.0))
    patches = patches_of(mesh.points[far].astype(np.float64), areas[far], offsets[far], reach, _PATCH_MM2)
    return {
        "mean_mm": float(np.average(offsets, weights=areas)),
        "p95_mm": p95,
        "largest_mm": float(np.abs(offsets).max()),
        "patches": [
            {
                "area_mm2": patch.area_mm2,
                "where_mm": [-float(patch.centre[0]), -float(patch.centre[1]), float(patch.centre[2])],
                "mean_mm": patch.mean_mm,
                "largest_mm": patch.largest_mm,
            }
            for patch in patches[:5]
        ],
    }


def differences(one: ReviewedModel, other: ReviewedModel) -> dict[str, list[Any]]:
    """What the records say differently: input, settings, versions, own files."""
    found: dict[str, list[Any]] = {}

    def note(name: str, old: Any, new: Any) -> None:
        if old != new:
            found[name] = [old, new]

    first, second = one.record, other.record
    note(_("input"), first.input_sha256[:12], second.input_sha256[:12])
    note(_("series"), first.series, second.series)
    note(_("use"), first.intended_use, second.intended_use)
    for title, old, new in (
        (_("setting"), first.parameters, second.parameters),
        (_("version of"), {**first.libraries, **first.software}, {**second.libraries, **second.software}),
        (_("platform"), first.platform, second.platform),
    ):
        for name in sorted({*old, *new}):
            if name != "role":
                note(_("{title} {name}", title=title, name=name), old.get(name), new.get(name))
    hashes = [sorted(str(entry["sha256"])[:12] for entry in record.given_files) for record in (first, second)]
    note(_("own files"), *hashes)
    return found
