"""SVG drawings built as a tree: text stays text, so it can be read aloud, searched and translated."""

import base64
from xml.etree import ElementTree

from ...picture import Picture, picture_from_svg

Element = ElementTree.Element
FONT = "DejaVu Sans, Segoe UI, Arial, sans-serif"


def drawing(width: float, height: float) -> Element:
    """An empty drawing on white, in user units."""
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "width": number(width),
            "height": number(height),
            "font-family": FONT,
            "font-size": "13",
        },
    )
    shape(root, "rect", width=width, height=height, fill="#ffffff")
    return root


def shape(parent: Element, tag: str, **attributes: object) -> Element:
    """A child shape; underscores in names stand for hyphens, numbers are rounded."""
    names = {}
    for name, value in attributes.items():
        names[name.rstrip("_").replace("_", "-")] = number(value) if isinstance(value, (int, float)) else str(value)
    return ElementTree.SubElement(parent, tag, names)


def text(parent: Element, x: float, y: float, words: str, **attributes: object) -> Element:
    """A line of text at a point; ``anchor`` is start, middle or end."""
    anchor = attributes.pop("anchor", "start")
    element = shape(parent, "text", x=x, y=y, text_anchor=anchor, **attributes)
    element.text = "".join(character for character in words if ord(character) >= 32)
    return element


def halo_text(parent: Element, x: float, y: float, words: str, **attributes: object) -> None:
    """White text with a dark rim, legible on any picture."""
    text(
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


def image(parent: Element, png: bytes, x: float, y: float, width: float, height: float) -> None:
    """A PNG held inside the drawing."""
    data = base64.b64encode(png).decode("ascii")
    shape(parent, "image", x=x, y=y, width=width, height=height, href=f"data:image/png;base64,{data}")


def picture(name: str, caption: str, alt: str, root: Element) -> Picture:
    """The drawing as a `Picture`."""
    return picture_from_svg(name, caption, alt, ElementTree.tostring(root, encoding="unicode"))


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
    length = round_length(longest / pixels_per_mm)
    width = length * pixels_per_mm
    rim = "#ffffff" if color == "#000000" else "#000000"
    shape(parent, "rect", x=x - 1, y=y - 1, width=width + 2, height=6, fill=rim)
    shape(parent, "rect", x=x, y=y, width=width, height=4, fill=color)
    label = f"{length:g} mm"
    text(
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


def round_length(longest_mm: float) -> float:
    """The largest of 1, 2, 5, 10, 20, ... that is not above `longest_mm`."""
    choices = [base * 10.0**power for power in range(-3, 6) for base in (1, 2, 5)]
    return max((length for length in choices if length <= longest_mm), default=choices[0])


def number(value: float) -> str:
    """A short decimal."""
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
