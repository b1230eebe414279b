"""Small pieces of an HTML page, built as a tree so that nothing a file says can become markup."""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree

from ..images.image import ReportImage
from ..messages import _, join, known, spoken, translate

Element = ElementTree.Element


def add_element(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """A child element with text; ``class_`` and ``for_`` stand for the attributes of those names."""
    names = {name.rstrip("_").replace("_", "-"): translate(value) for name, value in attributes.items()}
    child = ElementTree.SubElement(parent, tag, names)
    if tag in ("style", "pre", "title"):
        child.text = strip_control_characters(text)
    else:
        set_text(child, text)
    return child


_OPTION = re.compile(r"(--[a-z]+(?:-[a-z]+)*)")


def set_text(element: Element, text: str) -> None:
    """Text into an element; names of options such as ``--thicken`` are kept on one line."""
    before, *rest = _OPTION.split(strip_control_characters(text))
    element.text = before
    for option, after in zip(rest[::2], rest[1::2]):
        word = ElementTree.SubElement(element, "span", {"class": "option"})
        word.text, word.tail = option, after


def strip_control_characters(text: str) -> str:
    """Text in the language that is spoken, without the control characters that HTML forbids."""
    return "".join(character for character in translate(str(text)) if character in "\n\t" or ord(character) >= 32)


def add_section(parent: Element, title: str, identity: str) -> Element:
    """A section with its heading of the second level, named by it for readers of the screen."""
    block = add_element(parent, "section", id=identity, aria_labelledby=f"{identity}-title")
    add_element(block, "h2", title, id=f"{identity}-title")
    return block


def add_table(
    parent: Element, caption: str, heads: Sequence[str], rows: Iterable[Sequence[str | Element]], class_: str = ""
) -> Element:
    """A table with a caption and column heads; the first cell of a row is its head."""
    rows = list(rows)
    # A short table stays on one page; one with pictures is not short.
    pictured = any(not isinstance(cell, str) and cell.find("img") is not None for row in rows for cell in row)
    whole = add_element(
        parent,
        "table",
        class_=f"{class_} short".strip() if len(rows) <= 6 and not pictured else class_,
    )
    add_element(whole, "caption", caption)
    head = add_element(add_element(whole, "thead"), "tr")
    for title in heads:
        add_element(head, "th", title, scope="col")
    body = add_element(whole, "tbody")
    for cells in rows:
        row = add_element(body, "tr")
        for index, cell in enumerate(cells):
            box = add_element(row, "th", scope="row") if index == 0 else add_element(row, "td")
            if isinstance(cell, str):
                set_text(box, cell)
            else:
                box.append(cell)
    return whole


def badge(word: str, kind: str) -> Element:
    """A verdict as a word with a sign, so that it does not depend on colour; `kind` is good, warn, ask, bad or info."""
    signs = {"good": "✓", "warn": "!", "ask": "?", "bad": "✕", "info": "i"}
    element = ElementTree.Element("span", {"class": f"badge {kind}"})
    element.text = _(
        "{signs} {strip_control_characters}",
        signs=signs.get(kind, ""),
        strip_control_characters=strip_control_characters(word),
    ).strip()
    return element


def verdict_badge(verdict: str) -> Element:
    """Badge of a verdict, outcome or severity word of the contracts, in plain words."""
    words = {
        "accept": (_("accepted"), "good"),
        "warn": (_("warning"), "warn"),
        "ask": (_("question open"), "ask"),
        "reject": (_("rejected"), "bad"),
        "ready": (_("ready"), "good"),
        "not-ready": (_("not ready"), "bad"),
        "pass": (_("passed"), "good"),
        "fail": (_("failed"), "bad"),
        "info": (_("for information"), "info"),
        "not applicable": (_("not applicable"), "info"),
        "no protocol": (_("no protocol"), "info"),
    }
    return badge(*words.get(verdict, (verdict, "ask")))


def add_figures(parent: Element, pictures: Iterable[ReportImage], class_: str = "figures") -> None:
    """Pictures with captions and text alternatives, held in the page itself."""
    pictures = tuple(pictures)
    if not pictures:
        return
    row = add_element(parent, "div", class_=class_)
    for picture in pictures:
        figure = add_element(row, "figure")
        data = base64.b64encode(picture.data).decode("ascii")
        add_element(
            figure, "img", src=f"data:{picture.media_type};base64,{data}", alt=strip_control_characters(picture.alt)
        )
        add_element(figure, "figcaption", picture.caption)


def cell_with_images(text: str, pictures: Sequence[ReportImage]) -> Element:
    """A cell of a table: words, and pictures of what they speak of, each with its caption where they are several."""
    cell = Element("div")
    add_element(cell, "span", text)
    for shown in pictures:
        data = base64.b64encode(shown.data).decode("ascii")
        add_element(
            cell,
            "img",
            src=f"data:{shown.media_type};base64,{data}",
            alt=strip_control_characters(shown.alt),
            class_="place",
        )
        if len(pictures) > 1:
            add_element(cell, "span", shown.caption, class_="small")
    return cell


def add_list(parent: Element, lines: Iterable[str], tag: str = "ul") -> None:
    """A list of sentences."""
    lines = tuple(lines)
    if lines:
        whole = add_element(parent, tag)
        for line in lines:
            add_element(whole, "li", line)


_APART = "\u00a0"  # between thousands: a figure stays on one line


def format_number(value: object, digits: int = 2) -> str:
    """A figure for reading: rounded, without trailing noise; a list is joined; None is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return "–"
        if 0 < abs(value) < 10**-digits:
            return _("{value:.2g}", value=value)  # a limit of 0.001 is not 0.00
        return (
            _("{value:.{digits}f}", value=value, digits=digits)
            if abs(value) < 1000
            else _("{value:,.0f}", value=value).replace(",", _APART)
        )
    if isinstance(value, int):
        return _("{value:,}", value=value).replace(",", _APART)
    if isinstance(value, (list, tuple)):
        return join(", ", (format_number(item, digits) for item in value))
    return str(value)


def format_limit(limit: object) -> str:
    """A rule's limit for reading: of a table the values that pass, of a range its ends."""
    if isinstance(limit, Mapping):
        limit = [name for name, verdict in limit.items() if verdict == "pass" and name != "*"] or ["–"]
    if isinstance(limit, (list, tuple)):  # of data files, where the words of a fact stand as plain text
        limit = [known(one) if isinstance(one, str) else one for one in limit]
    text = strip_control_characters(format_number(limit))
    return text if len(text) <= 60 else text[:58] + " …"


def new_document(title: str, style: str) -> tuple[Element, Element]:
    """An empty page and its ``main`` element."""
    root = ElementTree.Element("html", {"lang": spoken()})
    head = add_element(root, "head")
    add_element(head, "meta", charset="utf-8")
    add_element(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    add_element(head, "title", title)
    add_element(head, "style", style)
    return root, add_element(add_element(root, "body"), "main")


def to_html(root: Element) -> str:
    """The page as text."""
    return "<!DOCTYPE html>\n" + to_fragment(root) + "\n"


def to_fragment(element: Element) -> str:
    """A piece of a page as text, as it stands within the page."""
    return ElementTree.tostring(element, encoding="unicode", method="html")
