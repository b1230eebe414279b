"""The report's page for the print lab: what to print, in what, how, and why, with room to choose otherwise."""

from collections.abc import Mapping
from typing import Any

from ..messages import _, join
from .content import ReportContent
from .html import Element, add_element, add_list, add_section, add_table

CHOICES = {
    "process": _("Process"),
    "printer": _("Printer"),
    "material": _("Material"),
    "sterilisation": _("Sterilisation"),
    "layer_mm": _("Layer height, mm"),
    "orientation": _("Orientation"),
    "supports": _("Supports"),
    "parts": _("Parts"),
    "pins": _("Pins"),
    "colour": _("Colour"),
    "finish": _("Finish"),
    "durability": _("Durability"),
    "post_processing": _("After printing, in order"),
}


def add_print_plan(main: Element, content: ReportContent) -> None:
    """The print plan (the JSON of ``dicom-to-print/print-plan/1``) on a page of its own; nothing where there is none."""
    plan = content.plan
    if not plan:
        return
    block = add_section(main, _("Print plan, for the print lab"), "plan")
    add_element(
        block,
        "p",
        _("A proposal from the intended use, the process and the size of the model. Every choice is yours to change."),
    )
    rows = [_row(CHOICES[name], plan[name]) for name in CHOICES if isinstance(plan.get(name), Mapping)]
    add_table(block, _("Choices"), [_("What"), _("Proposed"), _("Why"), _("Also possible")], rows)
    sizes = [join(" x ", (_("{side:g}", side=side) for side in size)) for size in plan.get("sizes_mm", ())]
    facts = (
        [_("Size of each part along x, y and z of the file, mm: {sizes}").format(sizes=join("; ", sizes))]
        if sizes
        else []
    )
    if plan.get("material_cm3") is not None:
        text = _("Material, without supports: {volume} cm3").format(
            volume=_("{material_cm3:g}", material_cm3=plan["material_cm3"])
        )
        facts.append(
            text
            + (
                _(", about {mass} g").format(mass=_("{material_g:g}", material_g=plan["material_g"]))
                if plan.get("material_g")
                else ""
            )
        )
    if plan.get("slicing"):
        facts += _slicing_facts(plan["slicing"])
    add_list(block, facts)
    if plan.get("warnings"):
        add_element(block, "p", _("Before you print, mind:"), class_="key")
        add_list(block, (str(warning) for warning in plan["warnings"]))


def _slicing_facts(slicing: Mapping[str, Any]) -> list[str]:
    """What the slicer said of all parts together, each printed by itself, and what it warns of or refuses."""
    told = []
    if slicing.get("time_s") is not None:
        minutes = round(slicing["time_s"] / 60.0)
        told.append(_("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60))
    if slicing.get("material_cm3") is not None:
        told.append(
            _("{volume} cm3 with supports").format(volume=_("{material_cm3:.1f}", material_cm3=slicing["material_cm3"]))
        )
    told += [
        _("{name}: {count}").format(name=words, count=slicing[name])
        for name, words in (("layers", _("layers")), ("islands", _("islands")))
        if slicing.get(name) is not None
    ]
    facts = [_("{slicer} says: {figures}").format(slicer=slicing["slicer"], figures=join(", ", told))] if told else []
    for file in slicing.get("files", ()):
        words = [file[name] for name in ("refused", "unknown") if file.get(name)] + list(file.get("warnings", ()))
        facts += [
            _("{slicer} on {file}: {text}").format(slicer=slicing["slicer"], file=file["file"], text=one)
            for one in words
        ]
    return facts


def _figure(value: object) -> str:
    return _("{value:g}", value=value) if isinstance(value, float) else str(value)


def _row(title: str, choice: Mapping[str, Any]) -> list[str | Element]:
    value = choice.get("choice")
    proposed = join("; ", map(_figure, value)) if isinstance(value, (list, tuple)) else _figure(value)
    options = [option for option in map(_figure, choice.get("options", ())) if option != proposed]
    return [title, proposed, str(choice.get("reason", "")), join("; ", options) or "–"]
