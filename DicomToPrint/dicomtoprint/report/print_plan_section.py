"""The report's page for the print lab: what to print, in what, how, and why, with room to choose otherwise."""

from collections.abc import Mapping
from gettext import gettext as _
from typing import Any

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
    sizes = [" x ".join(f"{side:g}" for side in size) for size in plan.get("sizes_mm", ())]
    facts = (
        [_("Size of each part along x, y and z of the file, mm: {sizes}").format(sizes="; ".join(sizes))]
        if sizes
        else []
    )
    if plan.get("material_cm3") is not None:
        text = _("Material, without supports: {volume} cm3").format(volume=f"{plan['material_cm3']:g}")
        facts.append(
            text + (_(", about {mass} g").format(mass=f"{plan['material_g']:g}") if plan.get("material_g") else "")
        )
    add_list(block, facts)
    if plan.get("warnings"):
        add_element(block, "p", _("Before you print, mind:"), class_="key")
        add_list(block, (str(warning) for warning in plan["warnings"]))


def _row(title: str, choice: Mapping[str, Any]) -> list[str | Element]:
    value = choice.get("choice")
    proposed = "; ".join(str(one) for one in value) if isinstance(value, (list, tuple)) else str(value)
    options = [str(option) for option in choice.get("options", ()) if str(option) != proposed]
    return [title, proposed, str(choice.get("reason", "")), "; ".join(options) or "–"]
