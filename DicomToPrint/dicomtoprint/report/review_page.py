"""The page on a reviewed part: one HTML file, like the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..config import resources
from ..images.image import ReportImage
from ..messages import _, join, known
from .budget_table import add_budget_table
from .html import (
    Element,
    add_element,
    add_figures,
    add_list,
    add_section,
    add_table,
    badge,
    format_number,
    new_document,
    to_html,
    verdict_badge,
)


def review_badge(verdict: str) -> Element:
    """Badge of a review's verdict or outcome."""
    if verdict == "ambiguous":
        return badge(_("ambiguous"), "ask")
    if verdict == "not measured":
        return badge(_("not measured"), "ask")
    return verdict_badge(verdict)


def render_review(
    content: Mapping[str, Any],
    pictures: Sequence[ReportImage] = (),
    notes: Sequence[str] = (),
    asked: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The page of a review (``dicom-to-print/review/1``), with its pictures and notes; `asked` are the distances of the record."""
    title = _("Review of the printed part")
    root, main = new_document(title, (resources.RESOURCE_DIR / "report" / "report.css").read_text(encoding="utf-8"))
    scan = content.get("scan") or {}
    _add_head(main, title, content, scan, notes)
    if scan:
        _add_findings(main, scan)
        if pictures:
            block = add_section(main, _("Where the part differs"), "maps")
            add_element(
                block, "p", _("Distance of the printed surface from the model; grey: the scan does not show it.")
            )
            add_figures(block, pictures, "figures maps")
        _add_scale(main, scan)
        _add_budget(main, scan["budget"])
    _add_calipers(main, content["calipers"], asked)
    _add_basis(main, content, scan)
    return to_html(root)


def _add_head(
    main: Element, title: str, content: Mapping[str, Any], scan: Mapping[str, Any], notes: Sequence[str]
) -> None:
    head = add_element(main, "header")
    add_element(head, "h1", title)
    facts = add_element(head, "dl")
    add_element(facts, "dt", _("Printed part"))
    add_element(facts, "dd").append(review_badge(content["verdict"]))
    rows = [(_("Accuracy"), scan["budget"]["sentence"])] if scan else []
    rows += [
        (_("Process"), content["process"]),
        (_("Intended use"), content["use"]),
        (_("Made"), content["created"]),
        (_("With"), _("{name} {version}", name=content["software"]["name"], version=content["software"]["version"])),
    ]
    for name, value in rows:
        add_element(facts, "dt", name)
        add_element(facts, "dd", str(value))
    add_list(head, dict.fromkeys((*scan.get("notes", ()), *notes)))
    add_element(
        head,
        "p",
        _("A measurement of the print against the model; no judgement of its medical fitness."),
        class_="small",
    )


def _add_findings(main: Element, scan: Mapping[str, Any]) -> None:
    block = add_section(main, _("What was judged"), "findings")
    rows = [(review_badge(found["outcome"]), found["message"]) for found in scan["findings"]]
    add_table(block, _("Findings"), [_("Outcome"), _("Finding")], rows)


def _add_scale(main: Element, scan: Mapping[str, Any]) -> None:
    block = add_section(main, _("Pose and scale"), "pose")
    rows = [
        (
            axis,
            _("{percent:+.3f} %", percent=entry["percent"]),
            _("not defined by the shape")
            if entry["standard_error_percent"] is None
            else _("± {standard_error_percent:.3f} %", standard_error_percent=entry["standard_error_percent"]),
        )
        for axis, entry in scan["scale"].items()
    ]
    add_table(block, _("Scale of the part by axis"), [_("Axis"), _("Larger by"), _("Standard error")], rows, "narrow")
    pose, figures = scan["pose"], scan["figures"]
    residual = "–" if pose["residual_mm"] is None else _("{residual_mm:.3f}", residual_mm=pose["residual_mm"])
    add_element(
        block,
        "p",
        _(
            "The part was found by its shape alone; what remains after pose and scale is {residual} mm (robust standard deviation)."
        ).format(residual=residual),
    )
    names = {
        "mean_mm": _("mean deviation (mm, + outside)"),
        "rms_mm": _("root mean square (mm)"),
        "p95_mm": _("95 % of the surface within (mm)"),
        "largest_mm": _("largest, 99.9 % of the surface within (mm)"),
        "seen_share": _("share of the surface that the scan shows"),
        "scan_noise_mm": _("scatter of the scan's points (mm)"),
    }
    rows_of = [(names[name], format_number(value, 3)) for name, value in figures.items() if name in names]
    add_table(block, _("Figures"), [_("Figure"), _("Value")], rows_of, "narrow")


def _add_budget(main: Element, budget: Mapping[str, Any]) -> None:
    block = add_section(main, _("Accuracy"), "accuracy")
    add_element(block, "p", budget["sentence"], class_="key")
    add_budget_table(
        block, ((item["name"], item["bound_mm"], item.get("origin", ""), item["basis"]) for item in budget["items"])
    )


def _add_calipers(main: Element, calipers: Sequence[Mapping[str, Any]], asked: Sequence[Mapping[str, Any]]) -> None:
    if not calipers:
        if asked:
            block = add_section(main, _("Distances"), "calipers")
            add_element(block, "p", _("The distances that the report asks for were not measured by hand."))
        return
    block = add_section(main, _("Distances"), "calipers")
    heads = [
        _("Distance"),
        _("Expected (mm)"),
        _("Measured (mm)"),
        _("Difference (mm)"),
        _("Limit (mm)"),
        _("Outcome"),
        _("By"),
    ]
    rows = []
    for entry in calipers:
        limit = "–" if entry["tolerance_mm"] is None else _("± {tolerance_mm:.2f}", tolerance_mm=entry["tolerance_mm"])
        difference = (
            "–" if entry["difference_mm"] is None else _("{difference_mm:+.2f}", difference_mm=entry["difference_mm"])
        )
        by = join(", ", filter(None, (entry["person"], entry["instrument"]))) or "–"
        rows.append(
            (
                _("{number}. {description}", number=entry["number"], description=known(entry["description"])),
                _("{expected_mm:.2f}", expected_mm=entry["expected_mm"]),
                format_number(entry["measured_mm"]),
                difference,
                limit,
                review_badge(entry["outcome"]),
                by,
            )
        )
    add_table(block, _("Distances that the report asks for"), heads, rows)


def _add_basis(main: Element, content: Mapping[str, Any], scan: Mapping[str, Any]) -> None:
    block = add_section(main, _("What was compared"), "basis")
    rows = [
        (_("model {file}").format(file=content["model"]["file"]), content["model"]["sha256"]),
        (_("record.json"), content["record_sha256"]),
    ]
    if scan:
        rows.append((_("scan of the part"), scan["part"]["sha256"] or _("a folder of files")))
    add_table(block, _("SHA-256 of the files"), [_("File"), _("SHA-256")], rows, "hashes")
