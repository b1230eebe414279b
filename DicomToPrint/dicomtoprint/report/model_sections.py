"""The report's pages on the model: parts, pictures, changes, accuracy, print readiness, distances to measure."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..images.image import ReportImage
from ..messages import _, join, translate
from .budget_table import add_budget_table
from .content import ModelPart, ReportContent
from .html import (
    Element,
    add_element,
    add_figures,
    add_list,
    add_section,
    add_table,
    badge,
    cell_with_images,
    format_limit,
    format_number,
    verdict_badge,
)


def add_model(main: Element, content: ReportContent) -> None:
    """The parts with their sizes, slices with the contour, views and maps."""
    pictures = content.slice_pictures + content.view_pictures + content.map_pictures
    if not content.parts and not pictures:
        return
    block = add_section(main, _("The model"), "model")
    if content.parts_given:
        heads = [_("Object"), _("Size x × y × z (mm)"), _("Volume (cm³)"), _("Surface (cm²)"), _("Triangles")]
        rows = [_part_row(part)[:-1] for part in content.parts_given]
        add_table(block, _("Before: the mesh as it was given"), heads, rows)
    if content.parts:
        heads = [
            _("Part"),
            _("Size as turned, x × y × z (mm)") if content.turned else _("Size L-R × P-A × I-S (mm)"),
            _("Volume (cm³)"),
            _("Surface (cm²)"),
            _("Triangles"),
            _("Moved by editing, mean / 95 % / largest (mm)"),
        ]
        add_table(
            block,
            _parts_title(content),
            heads,
            [_part_row(part) for part in content.parts],
        )
    if content.provenance:
        add_table(
            block,
            _("Where the surface comes from, by area"),
            [_("Origin"), _("Share")],
            [(_origin(name), _("{share:.1f} %", share=100 * share)) for name, share in content.provenance.items()],
            "narrow",
        )
    for title, group, class_ in (
        (_("Slices of the scan with the contour of the model"), content.slice_pictures, "figures"),
        (
            _("The model from six sides, as it lies in the patient")
            if content.turned
            else _("The model from six sides"),
            content.view_pictures,
            "figures",
        ),
        (_("Maps on the surface"), content.map_pictures, "figures maps"),
    ):
        if group:
            add_element(block, "h3", title)
            add_figures(block, group, class_)


def _parts_title(content: ReportContent) -> str:
    if content.turned:
        return _("Parts; in the files they are turned for the print, in millimetres, with z upwards")
    if content.parts_given:
        return _("After: the parts as written, in millimetres")
    return _("Parts; coordinates in the files are LPS millimetres")


def _part_row(part: ModelPart) -> list[str | Element]:
    size = "–"
    if len(part.bounds_mm) == 6:
        x0, x1, y0, y1, z0, z1 = part.bounds_mm
        size = _("{x1:.1f} × {y1:.1f} × {z1:.1f}", x1=x1 - x0, y1=y1 - y0, z1=z1 - z0)
    deviations = (part.mean_deviation_mm, part.p95_deviation_mm, part.max_deviation_mm)
    deviation = (
        join(" / ", ("–" if value is None else _("{value:.3f}", value=value) for value in deviations))
        if any(v is not None for v in deviations)
        else _("not measured")
    )
    return [
        part.name.replace(" ", "\u00a0") if len(part.name) <= 16 else part.name,  # short names stay on one line
        size,
        _("{volume_mm3:.1f}", volume_mm3=part.volume_mm3 / 1000),
        _("{area_mm2:.1f}", area_mm2=part.area_mm2 / 100),
        format_number(part.triangles),
        deviation,
    ]


def _origin(name: str) -> str:
    words = {
        "measured": _("measured: it follows the scan"),
        "bridged": _("bridged: interpolated or closed where the scan shows nothing"),
        "modelled": _("modelled: a thin wall's thickness inferred from its brightness"),
        "cut": _("cut: an edge of the scan, a crop or a split"),
        "added": _("added: base, pins, text, thickening"),
    }
    return words.get(name.lower(), name)


# What steps are called; a step of another name is called by it.
STEP_TITLES: Mapping[str, str] = {
    str(title): title
    for title in (
        *(_("contour"), _("cleaning"), _("smoothing"), _("simplification"), _("blur"), _("half-way"), _("found")),
        *(_("repair"), _("simplify"), _("cut"), _("keep"), _("split"), _("crumbs"), _("pins"), _("dowels")),
        *(_("dovetails"), _("magnets"), _("no pins"), _("no magnets"), _("shared walls"), _("scale compensation")),
        *(_("scale and mirror"), _("wrap"), _("thicken"), _("hollow"), _("shell"), _("struts"), _("base"), _("label")),
        *(_("scale bar"), _("orient"), _("walls")),
    )
}


def add_changes(main: Element, content: ReportContent) -> None:
    """What each step did, in order."""
    if content.changes:
        block = add_section(main, _("What was changed"), "changes")
        add_table(
            block,
            _("Steps from the given mesh to the file, in order")
            if content.parts_given
            else _("Steps from the scan to the file, in order"),
            [_("Step"), _("Effect")],
            [(STEP_TITLES.get(change.step, change.step), change.effect) for change in content.changes],
        )


def add_accuracy(main: Element, content: ReportContent) -> None:
    """The error budget: one line, its parts, and what it leaves out."""
    if content.budget is None:
        return
    block = add_section(main, _("Accuracy"), "accuracy")
    add_element(block, "p", content.budget.sentence, class_="key")
    if content.budget.together:
        add_element(block, "p", content.budget.together)
    add_budget_table(block, ((item.name, item.bound_mm, item.origin, item.basis) for item in content.budget.items))
    if content.budget.excluded:
        add_element(block, "p", _("This does not include:"))
        add_list(block, content.budget.excluded)


def readiness_dict(content: ReportContent) -> Mapping[str, Any]:
    """The readiness as plain JSON, whatever form it was given in."""
    given = content.readiness
    if given is None:
        return {}
    return given if isinstance(given, Mapping) else given.as_json()


def add_readiness(main: Element, content: ReportContent) -> None:
    """The verdict on the written file, its figures and findings."""
    found = readiness_dict(content)
    if not found:
        return
    block = add_section(main, _("Print readiness of the written file"), "readiness")
    line = add_element(block, "p")
    line.append(verdict_badge(str(found.get("verdict", ""))))
    made_for = join(", ", (part for part in (content.process, content.printer) if part))
    if made_for:
        line[-1].tail = " " + translate(_("for {process}").format(process=made_for))
    findings = [finding for finding in found.get("findings", []) if finding.get("outcome") in ("fail", "ask")]
    if findings:
        heads = [_("Rule"), _("Outcome"), _("What was found"), _("Measured"), _("Limit"), _("What to do")]
        rows = [_readiness_row(finding, content.finding_pictures.get(str(finding["rule"]), ())) for finding in findings]
        add_table(block, _("Findings on the file"), heads, rows, "findings remedies")
    passed = [str(finding["rule"]) for finding in found.get("findings", []) if finding.get("outcome") == "pass"]
    if passed:
        add_element(
            block,
            "p",
            _("Passed ({count}): {names}.").format(count=len(passed), names=join(", ", passed)),
            class_="small",
        )
    add_figures(block, content.readiness_pictures)
    mesh = found.get("mesh", {})
    if mesh:
        figures_of_file = join(
            "; ",
            (
                _("{figure_name} {number}", figure_name=_figure_name(name), number=format_number(value))
                for name, value in mesh.items()
            ),
        )
        add_element(block, "p", _("The file in figures: {figures}.").format(figures=figures_of_file), class_="small")


def _readiness_row(finding: Mapping[str, Any], shown: Sequence[ReportImage]) -> list[str | Element]:
    outcome = "ask" if finding["outcome"] == "ask" else str(finding["severity"])
    kind = badge(_("not ready"), "bad") if outcome == "reject" else verdict_badge(outcome)
    found = join(" ", (str(part) for part in (finding.get("message", ""), finding.get("where", "")) if part))
    return [
        str(finding["rule"]),
        kind,
        cell_with_images(found, shown) if shown else found,
        format_number(finding.get("measured")),
        format_limit(finding.get("limit")),
        str(finding.get("remedy", "")),
    ]


def _figure_name(name: str) -> str:
    words = {
        "triangles": _("triangles"),
        "components": _("separate pieces"),
        "boundary_edges": _("open edges"),
        "nonmanifold_edges": _("edges with more than two triangles"),
        "nonmanifold_vertices": _("points where surfaces only touch"),
        "self_intersections": _("triangles that cut each other"),
        "degenerate": _("triangles without area"),
        "inverted": _("triangles facing inward"),
        "volume_mm3": _("volume (mm³)"),
        "area_mm2": _("surface (mm²)"),
        "bounds_mm": _("bounds (mm)"),
        "min_wall_mm": _("thinnest wall (mm)"),
        "wall_p05_mm": _("wall thickness, 5 % are thinner (mm)"),
        "min_gap_mm": _("narrowest gap (mm)"),
    }
    return words.get(name, name.replace("_", " "))


def add_calipers(main: Element, content: ReportContent) -> None:
    """Distances to measure on the finished part, with room for what was measured."""
    if not content.calipers:
        return
    block = add_section(main, _("Measure the finished part"), "calipers")
    add_element(
        block,
        "p",
        _(
            "Measure these distances with calipers between the numbered points that stick out, write them down, and "
            "keep "
            "this page with the part. Outside the tolerance: do not use the part, tell the workshop."
        ),
    )
    rows: list[list[str | Element]] = []
    for caliper in content.calipers:
        tolerance = (
            _("± {tolerance_mm:.2f}", tolerance_mm=caliper.tolerance_mm) if caliper.tolerance_mm is not None else "–"
        )
        blank = Element("span", {"class": "blank", "aria-label": translate(_("to be filled in by hand"))})
        rows.append(
            [
                f"{caliper.number}",
                caliper.description,
                _("{expected_mm:.2f}", expected_mm=caliper.expected_mm),
                tolerance,
                blank,
            ]
        )
    heads = [_("No."), _("From … to …"), _("Expected (mm)"), _("Tolerance (mm)"), _("Measured (mm)")]
    add_table(block, _("Caliper distances"), heads, rows, "calipers")
    if content.caliper_picture is not None:
        add_figures(block, (content.caliper_picture,), "figures wide")
    signature = add_element(block, "p", class_="signature")
    for label in (_("Measured by"), _("Date"), _("Signature")):
        add_element(signature, "span", label)
