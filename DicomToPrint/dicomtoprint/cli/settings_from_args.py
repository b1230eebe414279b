"""Parsed options of the command line as settings of a run."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..config.run_settings import DEFAULT_FORMATS, DEFAULT_KEEP_OUT_RADIUS_MM, FORMATS, RunSettings
from ..errors import UsageError
from ..messages import _, join

if TYPE_CHECKING:
    from ..repair import RepairOptions


def settings_from_args(options: argparse.Namespace) -> RunSettings:
    """Settings of parsed `check`, `run`, `prepare` or `pack` options; series of `pack` are no part of them. Raises `UsageError`."""
    fields = _mesh_fields(options) if options.command == "prepare" else _judgement_fields(options)
    if options.command in ("check", "run"):
        fields |= {"series": options.series, "include_identifiers": options.identified}
    if options.command == "run":
        fields |= {**_segmentation_fields(options), "scene": options.scene}
    if options.command in ("run", "prepare"):
        fields |= {**_preparation_fields(options), **_model_fields(options), **_output_fields(options)}
    return RunSettings(**fields, language=options.language)


def _mesh_fields(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "unit": options.unit,
        "repair": not options.no_repair,
        "include_identifiers": options.identified,
        **_repair_fields(options),
    }


def _repair_fields(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "max_loss": options.max_loss,
        "thicken_sheet": options.thicken_sheet,
        "repair_shells": tuple(_numbered("--repair-shell", text) for text in options.repair_shell),
        "repair_holes": tuple(_numbered("--repair-hole", text) for text in options.repair_hole),
        "drop_shells_below": options.drop_shells_below,
        "largest_shells": options.largest_shells,
    }


def _judgement_fields(options: argparse.Namespace) -> dict[str, Any]:
    answers = _pairs(options.answer, "--answer", _("RULE=yes or RULE=no"))
    for rule, answer in answers:
        if answer not in ("yes", "no"):
            raise UsageError(_("{--answer:{rule}} takes yes or no, not '{answer}'.", rule=rule, answer=answer))
    return {
        "protocols": tuple(options.protocol),
        "check_pixels": not options.no_pixels,
        "surgery_date": options.surgery_date,
        "answers": answers,
        "role": options.role,
    }


def _segmentation_fields(options: argparse.Namespace) -> dict[str, Any]:
    threshold = _numbers(options.threshold, (1, 2), "--threshold") if options.threshold else None
    return {
        "anatomy": options.anatomy,
        "segmentation": options.segmentation,
        "labels": tuple(dict.fromkeys(name for name in options.labels if name.strip())),
        "merge": options.merge,
        "largest_island": options.largest_island,
        "label_names": options.label_names,
        "label_cutoff": options.label_cutoff,
        "smooth_labels": options.smooth_labels,
        "segment_with": options.segment_with,
        "backend_command": options.backend_command,
        "confirm_licence": options.confirm_licence,
        "threshold": (threshold[0], threshold[1] if len(threshold) > 1 else None) if threshold else None,
        "seeds": _points(options.seed, 3, "--seed"),
        "roi": _numbers(options.roi, (6,), "--roi") if options.roi else None,
        "least_branch": options.least_branch,
    }


def _model_fields(options: argparse.Namespace) -> dict[str, Any]:
    """What the model is for, and its surface."""
    return {
        "use": options.use,
        "max_deviation": options.max_deviation,
        "triangles": options.triangles,
        "accept_anyway": options.accept_anyway,
    }


def _preparation_fields(options: argparse.Namespace) -> dict[str, Any]:
    if options.base_kind and not options.base:
        raise UsageError(
            _(
                "{--base-kind:{base_kind}} says what base it is: give {--base} too, or leave it out.",
                base_kind=options.base_kind,
            )
        )
    return {
        "scale": options.scale,
        "mirror": options.mirror,
        "thicken": options.thicken,
        "hollow": options.hollow,
        "shell": options.shell,
        "escape_holes": options.escape_holes,
        "cuts": _cuts(options.cut),
        "drain_hole_positions": _points(options.escape, 3, "--escape"),
        "oblique_cuts": _points(options.plane, 6, "--plane"),
        "kept_sides": tuple(dict.fromkeys(options.keep)),
        "split": options.split == "auto",
        "keep_out_regions": tuple(_marked(place) for place in options.avoid),
        "pins": options.pins,
        "joint": options.joint,
        "fit": options.fit,
        "pin_diameter": options.pin_diameter,
        "joint_clearance": options.joint_clearance,
        "struts": options.struts,
        "magnets": _magnets(options.magnets),
        "base": options.base,
        "base_kind": options.base_kind or "plate",
        "label": options.label,
        "label_raised": options.label_raised,
        "label_at": _numbers(options.label_at, (3,), "--label-at") if options.label_at else None,
        "scale_bar": options.scale_bar,
        "wrap": options.wrap,
        "orient": options.orient,
    }


def _output_fields(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "process": options.process,
        "printer": options.printer,
        "formats": formats_from_args(options.format),
        "slice_with": options.slice_with,
        "viewer": options.viewer,
        "pdf": options.pdf,
    }


def _numbers(text: str, counts: tuple[int, ...], option: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) not in counts or not all(abs(value) < 1e6 for value in values):
        wanted = " or ".join(str(count) for count in counts)
        raise UsageError(
            _(
                "{option} takes {wanted} numbers with commas between, not '{text}'.",
                option=option,
                wanted=wanted,
                text=text,
            )
        )
    return values


def _pairs(items: Sequence[str], option: str, form: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for item in items:
        key, mark, value = item.partition("=")
        if not (mark and key and value):
            raise UsageError(_("{option} takes {form}, not '{item}'.", option=option, form=form, item=item))
        pairs.append((key, value))
    return tuple(pairs)


def _points(items: Sequence[str], count: int, option: str) -> tuple[tuple[float, ...], ...]:
    return tuple(_numbers(item, (count,), option) for item in items)


def _cuts(items: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Axis (R, A or S) and place in mm of each `--cut`."""
    cuts = tuple(
        (axis.upper(), _numbers(at, (1,), "--cut")[0]) for axis, at in _pairs(items, "--cut", _("R=MM, A=MM or S=MM"))
    )
    for axis, _unused in cuts:
        if axis not in "RAS" or len(axis) != 1:
            raise UsageError(_("{--cut} takes R=MM, A=MM or S=MM, not '{axis}='.", axis=axis))
    return cuts


def _marked(text: str) -> tuple[float, float, float, float]:
    numbers = _numbers(text, (3, 4), "--avoid")
    place = (*numbers, DEFAULT_KEEP_OUT_RADIUS_MM)[:4]
    if not place[3] > 0.0:
        raise UsageError(
            _(
                "{--avoid} takes a place and the mm around it that no cut may touch, such as 10,-20,35,15, "
                "not '{text}'.",
                text=text,
            )
        )
    return place  # type: ignore[return-value]


def _magnets(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        diameter, height = (float(side) for side in text.lower().split("x"))
    except ValueError:
        diameter = height = 0.0
    if not (0.5 <= diameter <= 50.0 and 0.5 <= height <= 50.0):
        raise UsageError(_("{--magnets} takes diameter x height in mm, such as 5x2, not '{text}'.", text=text))
    return diameter, height


def formats_from_args(lists: Sequence[str] | None) -> tuple[str, ...]:
    """The formats of ``--format``, the default ones where it is not given. Raises `UsageError`."""
    if lists is None:
        return DEFAULT_FORMATS
    formats = tuple(dict.fromkeys(part.strip().lower() for part in ",".join(lists).split(",") if part.strip()))
    for name in formats:
        if name not in FORMATS:
            raise UsageError(
                _("'{name}' is no file format here: choose of {formats}.", name=name, formats=join(", ", FORMATS))
            )
    if not formats:
        raise UsageError(_("{--format} names no format: choose of {formats}.", formats=join(", ", FORMATS)))
    return formats


def repair_options_from_args(options: argparse.Namespace) -> "RepairOptions":
    """What the user chose for a repair. Raises `UsageError` for a choice that is not N=WORD, and for choices without --repair."""
    from ..pipeline.mesh_repair import repair_choices
    from ..repair import RepairOptions

    chosen = repair_choices(RunSettings(**_repair_fields(options)))
    if options.repair is None and chosen != RepairOptions():
        raise UsageError(_("Choices for a repair change nothing without one: add {--repair:OUT}."))
    return chosen


def _numbered(option: str, text: str) -> tuple[int, str]:
    number, _unused, word = text.partition("=")
    if not number.strip().isdigit() or not word:
        raise UsageError(
            _("{option} takes a number and what to do, as in {option} 1=keep, not '{text}'.", option=option, text=text)
        )
    return int(number), word.strip()
