"""Repair of a file's meshes, with what it did in words and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import RefusedError, UsageError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from ..text import pluralize

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..config.run_settings import RunSettings
    from ..mesh.core import Mesh
    from ..printability import PrintProcess
    from ..repair import RepairMeasures, RepairOptions, RepairResult

_LISTED = 10  # shells and holes on the terminal; the JSON has all


@dataclass(frozen=True)
class RepairedMeshes:
    """The meshes after a repair, and the result for each in the same order."""

    meshes: "tuple[Mesh, ...]"
    results: "tuple[RepairResult, ...]"

    @property
    def lines(self) -> tuple[str, ...]:
        """What was done to each mesh, in words: stages, measures, what the user should know, shells and holes."""
        return tuple(
            _("{mesh}: {line}", mesh=mesh.name, line=line)
            for mesh, result in zip(self.meshes, self.results)
            for line in _lines(result)
        )

    def as_json(self) -> list[dict[str, Any]]:
        """One object a mesh, as `data/report/printability.schema.json` describes them under ``repair``."""
        return [_as_json(mesh.name, result) for mesh, result in zip(self.meshes, self.results)]


def repair_meshes(
    meshes: "Sequence[Mesh]", options: "RepairOptions", progress: ProgressCallback = no_progress
) -> RepairedMeshes:
    """All meshes repaired, each by itself, in the colours and materials they had.

    Raises `RefusedError` where one cannot be mended, or not without losing more than it may, and says why and what can be done;
    `UsageError` where shells or holes are chosen by number among several meshes.
    """
    from ..mesh.transfer import transfer_materials
    from ..repair import repair_within_limits

    if (options.shells or options.holes) and len(meshes) != 1:
        raise UsageError(
            _(
                "Shells and holes have numbers within one object, and this file has {meshes_count}: repair "
                "them in files of their own.",
                meshes_count=len(meshes),
            )
        )
    results = []
    for index, mesh in enumerate(meshes):
        step = subprogress(progress, index / max(len(meshes), 1), (index + 1) / max(len(meshes), 1))
        result = repair_within_limits(mesh, step, options)
        keeps_holes = "keep" in dict(options.holes).values()
        if not result.valid and (result.is_refused or not keeps_holes):
            raise RefusedError(_refusal(mesh.name, result))
        results.append(result)
    made = tuple(transfer_materials(result.mesh, mesh) for result, mesh in zip(results, meshes))
    return RepairedMeshes(made, tuple(results))


def repair_choices(settings: "RunSettings") -> "RepairOptions":
    """What the user chose for the repair of a given mesh."""
    from ..repair import RepairOptions

    return RepairOptions(
        max_loss_mm=settings.max_loss,
        thicken_sheet_mm=settings.thicken_sheet,
        shells=settings.repair_shells,
        holes=settings.repair_holes,
        min_shell_mm=settings.drop_shells_below or 0.0,
        largest_shells=settings.largest_shells,
    )


def repair_options_for(process: "PrintProcess", options: "RepairOptions | None" = None) -> "RepairOptions":
    """The options with the process's smallest feature as the loss that is allowed, where they state none."""
    from ..repair import RepairOptions

    options = options or RepairOptions()
    return options if options.max_loss_mm is not None else replace(options, max_loss_mm=process.limit("feature_mm"))


def _refusal(name: str, result: "RepairResult") -> str:
    left = join("; ", (sentence.rstrip(".") for sentence in result.remaining))
    advice = join("", (join("", (" ", note)) for note in result.notes))
    if result.is_refused:
        return _(
            "'{name}' was not repaired, since it would lose more than it may. {left}: allow it "
            "({--max-loss:MM}) or mend it where it was made.{advice}",
            name=name,
            left=left,
            advice=advice,
        )
    return _(
        "'{name}' could not be repaired without changing it ({left}): mend it where it was made.{advice}",
        name=name,
        left=left,
        advice=advice,
    )


def _lines(result: "RepairResult") -> list[str]:
    from ..repair import DONE

    lines = [_("{stage}: {effect}", stage=stage.name, effect=stage.effect) for stage in result.stages]
    if result.measures is not None:
        lines += _measures_in_words(result.measures)
    lines += result.notes
    if len(result.shells) > 1:
        lines += [
            _(
                "shell {number}: {triangles}, {size_mm:.1f} mm, {closed}, {done}",
                number=shell.number,
                triangles=pluralize(shell.triangles, "triangle"),
                size_mm=shell.size_mm,
                closed=_("closed") if shell.closed else _("open"),
                done=DONE.get(shell.done, shell.done),
            )
            for shell in result.shells[:_LISTED]
        ]
        if len(result.shells) > _LISTED:
            lines.append(_("{shells_count} more shells: see the JSON", shells_count=len(result.shells) - _LISTED))
    lines += [
        _(
            "hole {number}: {edges}, {area_mm2:.1f} mm2, {done}",
            number=hole.number,
            edges=pluralize(hole.edges, "edge"),
            area_mm2=hole.area_mm2,
            done=DONE.get(hole.done, hole.done),
        )
        for hole in result.holes[:_LISTED]
    ]
    if len(result.holes) > _LISTED:
        lines.append(_("{holes_count} more holes: see the JSON", holes_count=len(result.holes) - _LISTED))
    return lines


def _measures_in_words(measures: "RepairMeasures") -> list[str]:
    loss, added = measures.loss, measures.added
    lines = [
        _(
            "moved or lost: mean {mean_mm:.3f} mm, 95 % within {p95_mm:.3f} mm, at most {max_mm:.2f} mm "
            "from the source",
            mean_mm=loss.mean_mm,
            p95_mm=loss.p95_mm,
            max_mm=loss.max_mm,
        ),
        _(
            "added: mean {mean_mm:.3f} mm, 95 % within {p95_mm:.3f} mm, at most {max_mm:.2f} mm from the source",
            mean_mm=added.mean_mm,
            p95_mm=added.p95_mm,
            max_mm=added.max_mm,
        ),
        _(
            "triangles {triangles_before} to {triangles_after} ({triangles_removed} removed, "
            "{triangles_added} added), parts {parts_before} to {parts_after}, volume "
            "{volume_before_mm3:.1f} to {volume_after_mm3:.1f} mm3",
            triangles_before=measures.triangles_before,
            triangles_after=measures.triangles_after,
            triangles_removed=measures.triangles_removed,
            triangles_added=measures.triangles_added,
            parts_before=measures.parts_before,
            parts_after=measures.parts_after,
            volume_before_mm3=measures.volume_before_mm3,
            volume_after_mm3=measures.volume_after_mm3,
        ),
    ]
    if measures.swallowed_area_mm2 > 0.0:
        lines.append(
            _(
                "{swallowed_area_mm2:.1f} mm2 of surface inside the solid of overlapping shells were left out",
                swallowed_area_mm2=measures.swallowed_area_mm2,
            )
        )
    words = {
        "lost": _("was lost"),
        "filled": _("of a hollow was filled"),
        "sheet": _("of a sheet without thickness was dropped"),
    }
    for piece in measures.pieces[:3]:
        place = join(", ", (_("{value:.1f}", value=value) for value in piece.place))
        lines.append(
            _(
                "{area_mm2:.1f} mm2 {words} around {place} (LPS), up to {distance_mm:.2f} mm from the result",
                area_mm2=piece.area_mm2,
                words=words[piece.kind],
                place=place,
                distance_mm=piece.distance_mm,
            )
        )
    if measures.piece_count > 3:
        lines.append(_("{piece_count} more pieces were lost: see the JSON", piece_count=measures.piece_count - 3))
    return lines


def _as_json(name: str, result: "RepairResult") -> dict[str, Any]:
    return {
        "name": name,
        "valid": result.valid,
        "stages": [_plain(stage) for stage in result.stages],
        "measures": _plain(result.measures) if result.measures is not None else None,
        "shells": [_plain(shell) for shell in result.shells],
        "holes": [_plain(hole) for hole in result.holes],
        "notes": list(result.notes),
    }


def _plain(value: Any) -> dict[str, Any]:
    """A dataclass as JSON holds it: tuples as lists, dataclasses as objects."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(value)))
    return plain
