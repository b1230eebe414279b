"""Who approved what: in the report itself, and on the page beside it that says whether the files still are what they saw."""

import re
from collections.abc import Sequence
from typing import Any

from ..config import resources
from ..messages import _, speaking
from .html import Element, add_element, add_list, add_section, add_table, badge, new_document, to_fragment, to_html

PAGE = "sign-off.html"
_BLOCK = re.compile(r'<div id="sign-off">.*?</div>', re.DOTALL)
_LANGUAGE = re.compile(r'<html lang="(\w+)">')


def approval_block(entries: Sequence[Any] = ()) -> Element:
    """The report's line on who approved or rejected it: `entries` as `run_record.SignOff`, none before the first signing."""
    block = Element("div", {"id": "sign-off"})
    for entry in entries:
        line = add_element(block, "p")
        line.append(badge(entry.in_words, "good" if entry.decision == "approve" else "bad"))
    if not entries:
        add_element(block, "span", _("nobody has signed these files yet"))
        return block
    where = add_element(block, "span", _("As of the last signing; files and keys: "))
    add_element(where, "a", PAGE, href=PAGE)
    return block


def with_approval(report: str, entries: Sequence[Any]) -> str:
    """The HTML of a report with the decisions of `entries` on its first page, in the report's own language.

    A report that was made before there was a place for them comes back as it is.
    """
    found = _LANGUAGE.search(report)
    with speaking(found[1] if found else None):
        block = to_fragment(approval_block(entries))
    return _BLOCK.sub(lambda _match: block, report, count=1)


def render_sign_off(holds: bool, lines: Sequence[str], entries: Sequence[Any]) -> str:
    """The page of a log's state: `lines` in words, `entries` as `run_record.SignOff`."""
    title = _("Sign-off")
    root, main = new_document(title, (resources.RESOURCE_DIR / "report" / "report.css").read_text(encoding="utf-8"))
    add_element(add_element(main, "header"), "h1", title)
    state = add_element(main, "p")
    state.append(badge(_("as signed"), "good") if holds else badge(_("not as signed"), "bad"))
    add_list(main, lines)
    for entry in entries:
        block = add_section(main, entry.in_words, f"entry-{entry.number}")
        rows = [(str(item["file"]), str(item["sha256"])) for item in entry.files]
        add_table(block, _("Files as they were then"), [_("File"), _("SHA-256")], rows, "hashes")
    block = add_section(main, _("What this shows"), "meaning")
    add_element(
        block,
        "p",
        _(
            "The log shows whether it and the files are as they were when they were signed. It does not "
            "show who typed the role, and who may write the folder can write a new log: keep the head of "
            "the log elsewhere, or sign with a key that others know, to see that. This page is of the "
            "last signing and no evidence by itself: ask sign {--verify}. It is no electronic signature "
            "in the sense of any regulation."
        ),
    )
    return to_html(root)
