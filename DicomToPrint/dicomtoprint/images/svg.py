"""SVG drawings built as a tree: text stays text, so it can be read aloud, searched and translated."""

import base64
from xml.etree import ElementTree

from ..messages import translate
from .image import ReportImage, svg_image

Element = ElementTree.Element
FONT = "DejaVu Sans, Segoe UI, Arial, sans-serif"


def new_svg(width: float, height: float) -> Element:
    """An empty drawing on white, in user units."""
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {format_number(width)} {format_number(height)}",
            "width": format_number(width),
            "height": format_number(height),
            "font-family": FONT,
            "font-size": "13",
        },
    )
    add_shape(root, "rect", width=width, height=height, fill="#ffffff")
    return root


def add_shape(parent: Element, tag: str, **attributes: object) -> Element:
    """A child shape; underscores in names stand for hyphens, numbers are rounded."""
    names = {}
    for name, value in attributes.items():
        names[name.rstrip("_").replace("_", "-")] = (
            format_number(value) if isinstance(value, (int, float)) else str(value)
        )
    return ElementTree.SubElement(parent, tag, names)


def add_text(parent: Element, x: float, y: float, words: str, **attributes: object) -> Element:
    """A line of text at a point; ``anchor`` is start, middle or end."""
    anchor = attributes.pop("anchor", "start")
    element = add_shape(parent, "text", x=x, y=y, text_anchor=anchor, **attributes)
    element.text = "".join(character for character in translate(words) if ord(character) >= 32)
    return element


def add_outlined_text(parent: Element, x: float, y: float, words: str, **attributes: object) -> None:
    """White text with a dark rim, legible on any picture."""
    add_text(
        parent,
        x,
        y,
        words,
        fill="#ffffff",
        stroke="#000000",
        stroke_width=3,
        paint_order="stroke",
        font_weight="bold",
        **attributes,
    )


def add_image(parent: Element, png: bytes, x: float, y: float, width: float, height: float) -> None:
    """A PNG held inside the drawing."""
    data = base64.b64encode(png).decode("ascii")
    add_shape(parent, "image", x=x, y=y, width=width, height=height, href=f"data:image/png;base64,{data}")


def to_report_image(name: str, caption: str, alt: str, root: Element) -> ReportImage:
    """The drawing as a `ReportImage`."""
    return svg_image(name, caption, alt, ElementTree.tostring(root, encoding="unicode"))


def scale_bar(
    parent: Element,
    x: float,
    y: float,
    pixels_per_mm: float,
    longest: float,
    color: str = "#000000",
    font_size: float = 13,
) -> None:
    """A bar of a round length in mm, at most `longest` units wide, with its length written above its middle."""
    length = nice_length(longest / pixels_per_mm)
    width = length * pixels_per_mm
    rim = "#ffffff" if color == "#000000" else "#000000"
    add_shape(parent, "rect", x=x - 1, y=y - 1, width=width + 2, height=6, fill=rim)
    add_shape(parent, "rect", x=x, y=y, width=width, height=4, fill=color)
    label = f"{length:g} mm"
    add_text(
        parent,
        x + width / 2,
        y - 5,
        label,
        anchor="middle",
        fill=color,
        stroke=rim,
        stroke_width=3,
        paint_order="stroke",
        font_size=font_size,
    )


def nice_length(longest_mm: float) -> float:
    """The largest of 1, 2, 5, 10, 20, ... that is not above `longest_mm`."""
    choices = [base * 10.0**power for power in range(-3, 6) for base in (1, 2, 5)]
    return max((length for length in choices if length <= longest_mm), default=choices[0])


def format_number(value: float) -> str:
    """A short decimal."""
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
