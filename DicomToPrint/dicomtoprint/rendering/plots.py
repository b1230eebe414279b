"""Plots as SVG."""

from collections.abc import Sequence
from gettext import gettext as _

from ..images.image import ReportImage
from ..images.svg import add_shape, add_text, format_number, new_svg, to_report_image


def gap_plot(gaps_mm: Sequence[float], limit_mm: float | None = None) -> ReportImage:
    """Distance from each slice to the next in mm, in their order; holes (over 1.5 times the median) are marked.

    `limit_mm` draws the largest gap that the protocol allows.
    """
    gaps = [float(gap) for gap in gaps_mm]
    ordered = sorted(gaps)
    median = ordered[len(ordered) // 2] if ordered else 0.0
    holes = [index for index, gap in enumerate(gaps) if gap > 1.5 * median]
    top = 1.15 * max([*gaps, limit_mm or 0.0, 1e-6])
    width, height, left, bottom = 560.0, 210.0, 52.0, 172.0
    root = new_svg(width, height)
    step = (width - left - 12) / max(len(gaps), 1)
    for index, gap in enumerate(gaps):
        tall = gap / top * (bottom - 14)
        add_shape(
            root,
            "rect",
            x=left + index * step,
            y=bottom - tall,
            width=max(step * 0.8, 0.6),
            height=tall,
            fill="#d53c00" if index in holes else "#31688e",
        )
    for value, words in (
        (median, _("median {gap} mm").format(gap=f"{median:.3f}")),
        *(((limit_mm, _("limit {gap} mm").format(gap=format_number(limit_mm))),) if limit_mm else ()),
    ):
        y = bottom - value / top * (bottom - 14)
        add_shape(root, "line", x1=left, x2=width - 12, y1=y, y2=y, stroke="#1a1a1a", stroke_dasharray="5 4")
        add_text(
            root,
            width - 14,
            y - 4,
            words,
            anchor="end",
            font_size=12,
            stroke="#ffffff",
            stroke_width=3,
            paint_order="stroke",
        )
    add_shape(root, "line", x1=left, x2=width - 12, y1=bottom, y2=bottom, stroke="#1a1a1a")
    add_shape(root, "line", x1=left, x2=left, y1=14, y2=bottom, stroke="#1a1a1a")
    add_text(root, left - 6, bottom + 4, "0", anchor="end", font_size=12)
    add_text(root, left - 6, 22, format_number(top), anchor="end", font_size=12)
    add_text(root, (left + width) / 2, bottom + 30, _("from slice to slice, first to last"), anchor="middle")
    add_text(root, 14, (bottom + 14) / 2, "mm", anchor="middle")
    for index in holes[:12]:
        add_text(
            root,
            left + (index + 0.4) * step,
            bottom + 14,
            f"{index + 1}",
            anchor="middle",
            font_size=11,
            fill="#a02c00",
        )
    spread = f"{min(gaps):.3f} - {max(gaps):.3f}" if gaps else "-"
    alt = _("Bar plot of the distances between neighbouring slices, {spread} mm; holes after slices: {holes}.").format(
        spread=spread, holes=", ".join(str(index + 1) for index in holes[:12]) or _("none")
    )
    return to_report_image(
        "gaps", _("Distance between neighbouring slices; holes in orange-red with the slice before them"), alt, root
    )
