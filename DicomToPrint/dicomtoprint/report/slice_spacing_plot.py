"""The gaps between slices, drawn: where slices are missing or uneven."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np

from ..acceptance.slice_spacing import SliceSpacing
from ..images.image import ReportImage, svg_image
from ..messages import _, translate

WIDTH, HEIGHT, MARGIN = 400, 170, 26
HIGHLIGHT_TOLERANCE_MM = 0.01  # marks only: a hole of one slice must be seen among a thousand
MAX_BARS = 400


def slice_spacing_plot(spacing: SliceSpacing) -> ReportImage:
    """A bar for each gap in the order of the slices, those that depart from the median in red."""
    gaps, median = spacing.gaps_mm, spacing.median_mm
    odd = np.abs(gaps - median) > HIGHLIGHT_TOLERANCE_MM
    worst = float(gaps[np.abs(gaps - median).argmax()])
    text = _(
        "Distance from slice to slice: mostly {median:.3f} mm; {odd} of {gaps} gaps differ (red), most of "
        "all {worst:.3f} mm between {before} and {after}.",
        median=median,
        odd=int(odd.sum()),
        gaps=len(gaps),
        worst=worst,
        before=spacing.worst_between[0],
        after=spacing.worst_between[1],
    )
    return svg_image("gaps", text, text, ET.tostring(_drawn(gaps, odd, median), encoding="unicode"))


def _drawn(gaps: np.ndarray, odd: np.ndarray, median: float) -> ET.Element:
    shape = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH} {HEIGHT}",
        "width": str(WIDTH),
    }
    root = ET.Element("svg", {**shape, "font-family": "sans-serif", "font-size": "11"})
    floor, top = HEIGHT - MARGIN, MARGIN / 2
    per_mm = (floor - top) / max(float(gaps.max()), 1e-6)
    left, wide = MARGIN + 14, (WIDTH - MARGIN - 18) / len(gaps)
    # Of a great many gaps the odd ones are drawn, and the usual ones as one block.
    usual = {
        "x": f"{left:.1f}",
        "width": f"{wide * len(gaps):.1f}",
        "y": f"{floor - median * per_mm:.1f}",
    }
    if len(gaps) > MAX_BARS:
        ET.SubElement(root, "rect", {**usual, "height": f"{median * per_mm:.1f}", "fill": "#9aa4ad"})
    for at in np.flatnonzero(odd)[:MAX_BARS] if len(gaps) > MAX_BARS else range(len(gaps)):
        bar = {
            "x": f"{left + at * wide:.1f}",
            "y": f"{floor - gaps[at] * per_mm:.1f}",
            "height": f"{gaps[at] * per_mm:.1f}",
        }
        color = "#c62f26" if odd[at] else "#9aa4ad"
        ET.SubElement(root, "rect", {**bar, "width": f"{max(wide * 0.8, 1.0):.1f}", "fill": color})
    for value in sorted({median, float(gaps.max())}):
        height = floor - value * per_mm
        line = {
            "x1": f"{left}",
            "x2": f"{WIDTH - 4}",
            "y1": f"{height:.1f}",
            "y2": f"{height:.1f}",
        }
        ET.SubElement(root, "line", {**line, "stroke": "#333", "stroke-width": "0.6", "stroke-dasharray": "3 3"})
        if value != median or (gaps.max() - median) * per_mm > 10:
            label = ET.SubElement(root, "text", {"x": f"{left - 3}", "y": f"{height + 4:.1f}", "text-anchor": "end"})
            label.text = translate(_("{value:.3g}", value=value))
    for text, x, anchor in (("mm", 2, "start"), (_("first slice"), left, "start"), (_("last slice"), WIDTH - 4, "end")):
        label = ET.SubElement(root, "text", {"x": str(x), "y": str(HEIGHT - 10), "text-anchor": anchor})
        label.text = translate(text)
    return root
