"""The form of a test plate to print: a picture of the plate with the names of its features, and a table to fill in."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..config import resources
from ..coupon.form import what_to_do
from ..images.image import ReportImage
from ..images.svg import add_shape, add_text, new_svg, to_report_image
from ..messages import _, join
from ..printability import Readiness
from ..rules import Outcome, in_words
from .html import add_element, add_figures, add_list, add_section, add_table, new_document, to_html, verdict_badge

_WIDTH = 900.0  # of the picture, in its units
_FILLS = {"hole": "#ffffff", "gap": "#ffffff", "block": "#8fb3d9", "sphere": "#8fb3d9"}
_FILL, _DECLARED = "#b7c9a8", "#f1c27d"


def render_coupon(
    content: Mapping[str, Any], readiness: Readiness, views: Sequence[ReportImage] = (), note: str = ""
) -> str:
    """The page of a plate's map (``dicom-to-print/coupon/1``), how its file was judged, and views of the solid."""
    process = content["process"]
    title = _("Test plate: {process}").format(process=process["title"])
    root, main = new_document(title, (resources.RESOURCE_DIR / "report" / "report.css").read_text(encoding="utf-8"))
    head = add_element(main, "header")
    add_element(head, "h1", title)
    facts = add_element(head, "dl")
    add_element(facts, "dt", _("Print file"))
    add_element(facts, "dd").append(verdict_badge(readiness.verdict))
    size = join(" × ", (_("{value:.1f}", value=value) for value in readiness_size(readiness)))
    rows = [(_("Plate"), content["id"]), (_("Process"), process["title"]), (_("Size"), _("{size} mm", size=size))]
    for name in (_("Printer"), _("Material"), _("Printed on"), _("Measured by"), _("Instrument")):
        rows.append((name, "…" * 20))
    for name, value in rows:
        add_element(facts, "dt", name)
        add_element(facts, "dd", value)
    _add_how_to(main)
    add_figures(main, [plate_picture(content)])
    _add_rows(main, content)
    _add_readiness(main, readiness)
    if views:
        add_figures(add_section(main, _("The plate"), "views"), views)
    if note:
        add_element(main, "p", note)
    return to_html(root)


def readiness_size(readiness: Readiness) -> tuple[float, ...]:
    """Sides of the file in mm."""
    bounds: Any = readiness.mesh["bounds_mm"]
    return tuple(bounds[2 * axis + 1] - bounds[2 * axis] for axis in range(3))


def _add_how_to(main: Any) -> None:
    block = add_section(main, _("How to"), "how-to")
    lines = (
        _(
            "Print the plate as it lies: x of the picture is x of the printer, and its front is the front. No supports, no "
            "scaling, no compensation in the slicing program or the printer beyond what is always set."
        ),
        _(
            "Finish it as the models are finished, and let it cool. Measure with a caliper to 0.01 mm; each length three times, and "
            "note the middle one."
        ),
        _(
            "Write the lengths under measured and yes or no under holds, here and in coupon-form.csv; leave the other columns."
        ),
        _(
            "Then: calibrate FOLDER {--measured} coupon-form.csv {--printer:TEXT} {--material:TEXT} "
            "{--person:TEXT} {--output:FILE}"
        ),
    )
    add_list(block, lines, "ol")


def plate_picture(content: Mapping[str, Any]) -> ReportImage:
    """The plate from above, y up, each feature with its name."""
    width, depth, _thick = content["plate_mm"]
    scale = _WIDTH / width
    root = new_svg(_WIDTH, depth * scale)
    add_shape(root, "rect", x=0, y=0, width=_WIDTH, height=depth * scale, fill="#e6e8ec", stroke="#444444")
    for feature in content["features"]:
        x0, y0, _z0, x1, y1, _z1 = feature["box_mm"]
        fill = _FILLS.get(feature["kind"], _FILL)
        edge = _DECLARED if feature["declared"] else "#444444"
        place = {"x": x0 * scale, "y": (depth - y1) * scale, "width": (x1 - x0) * scale, "height": (y1 - y0) * scale}
        if feature["kind"] in ("engraved", "raised"):
            fill = "#ffffff"
        add_shape(root, "rect", fill=fill, stroke=edge, stroke_width=1.5, **place)
        below = depth - y0
        add_text(
            root,
            (x0 + x1) / 2.0 * scale,
            below * scale + 14.0,
            feature["name"],
            anchor="middle",
            font_size=14,
            font_weight="bold",
        )
    caption = _(
        "The plate from above. Orange: beyond the guideline of the process, to find where the printer's own limit lies. Blue: for scale."
    )
    return to_report_image("coupon-plate", caption, caption, root)


def _add_rows(main: Any, content: Mapping[str, Any]) -> None:
    block = add_section(main, _("What was found"), "form")
    heads = [_("Name"), _("What"), _("Drawn"), _("Guideline"), _("Measured (mm)"), _("Holds (yes/no)")]
    rows = []
    for feature in content["features"]:
        unit = "°" if feature["unit"] == "deg" else " mm"
        guideline = (
            "–" if feature["guideline"] is None else _("{guideline:g}{unit}", guideline=feature["guideline"], unit=unit)
        )
        drawn = _("{nominal:g}{unit}", nominal=feature["nominal"], unit=unit)
        if feature["second_nominal"] is not None:
            drawn += _(", {second_nominal:g} mm", second_nominal=feature["second_nominal"])
        blank = "________"
        rows.append(
            (
                feature["name"],
                what_to_do(feature),
                drawn,
                guideline,
                blank if feature["measured"] else "–",
                blank if feature["asked"] else "–",
            )
        )
    add_table(block, _("Fill in, row by row; letters: width of their strokes, then height or depth"), heads, rows)


def _add_readiness(main: Any, readiness: Readiness) -> None:
    block = add_section(main, _("How the file was judged"), "readiness")
    add_element(
        block,
        "p",
        _(
            "By the same rules as any print file. Features beyond a guideline are there on purpose: a finding that the same plate without "
            "them does not have is told and decides nothing; every other finding counts."
        ),
    )
    told = [
        _(
            "{rule} ({severity}): {message}",
            rule=finding.rule,
            severity=in_words(finding.severity.value),
            message=finding.message,
        )
        for finding in readiness.findings
        if finding.outcome is Outcome.FAIL
    ]
    add_list(block, told or [_("No finding.")])
