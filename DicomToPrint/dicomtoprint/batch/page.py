"""The pages of a batch: ``index.html`` with every case, ``scanners.html`` with the table of scanners. No server, no network."""

import json
from pathlib import Path

from ..config import resources
from ..io import write_text_atomically
from ..messages import _, join, translate
from ..report.html import Element, add_element, add_table, new_document, to_html
from ..rules import Verdict, in_words
from ..text import pluralize
from .board import COLUMNS, VERDICT_WORDS, Board, write_csv, write_status, write_with_rows
from .folder import LOCK, HeldError, held
from .league import COLUMNS as LEAGUE_COLUMNS
from .league import LeagueRow, league_table, table_rows

_ROWS_HERE = "@ROWS@"
_DATA = resources.RESOURCE_DIR / "batch"
# What the page shows of a case; its script reads them in this order.
_SHOWN = ("case", "verdict", "seconds", "reason", "scan_verdict", "triangles", "min_wall_mm", "report", "thumbnail")
_HEADS = (
    _("case"),
    _("verdict"),
    _("seconds"),
    _("reason"),
    _("scan"),
    _("triangles"),
    _("thinnest wall, mm"),
    _("report"),
    _("model"),
)
# What the page's script says; {number} stands in them as it is.
_WORDS = {
    **{f"scan {verdict.value}": in_words(verdict.value) for verdict in Verdict},
    **VERDICT_WORDS,
    "waiting": _("waiting"),
    "report": _("report"),
    "model": _("model of {number}"),
    "more": _("show more ({number})"),
    "all": _("all"),
    "cases": _("Cases: {number}"),
    "running": _("{number} at work now"),
    "updated": _("as of {number}"),
}


def write_pages(board: Board, root: Path, running: int, least: int, wait_seconds: float = 0.0) -> bool:
    """Writes ``index.html``, ``status.json``, ``summary.csv``, ``scanners.html`` and ``scanners.csv``.

    Of several batches on the folder one writes at a time: False where another did so for longer than `wait_seconds`.
    `least` is the size below which the table of scanners does not show a group. Raises `OutputError`.
    """
    try:
        with held(root / LOCK, wait_seconds):
            _write(board, root, running, least)
        return True
    except HeldError:
        return False


def _write(board: Board, root: Path, running: int, least: int) -> None:
    write_status(board, root, running)
    before, after = _index().split(_ROWS_HERE)
    words = {name: translate(text) for name, text in _WORDS.items()}
    head = json.dumps({**board.head(running), "words": words}, separators=(",", ":")).replace("<", "\\u003c")
    places = [COLUMNS.index(name) for name in _SHOWN]
    cases = ([row[at] for at in places] for row in board.rows_for_readers())
    write_with_rows(root / "index.html", f'{before}{head[:-1]},"cases":', cases, f"}}{after}")
    rows, hidden = league_table(board.scans(), least)
    write_csv(root / "scanners.csv", LEAGUE_COLUMNS, table_rows(rows))
    write_text_atomically(root / "scanners.html", _scanners(rows, hidden, least))


def _index() -> str:
    """The page with `_ROWS_HERE` in the place of its data."""
    page, main = _document(_("Batch"))
    add_element(main, "h1", _("Batch"))
    add_element(main, "p", "", id="state")
    tools = add_element(main, "p", "", class_="tools")
    add_element(tools, "input", id="search", type="search", aria_label=_("Search"), placeholder=_("Search"))
    add_element(tools, "span", "", id="filters")
    links = add_element(tools, "span", "", class_="links")
    add_element(links, "a", _("scanners and protocols"), href="scanners.html")
    add_element(links, "a", "summary.csv", href="summary.csv")
    add_element(links, "a", "status.json", href="status.json")
    whole = add_element(main, "table", class_="cases")
    head = add_element(add_element(whole, "thead"), "tr")
    for title in _HEADS:
        add_element(add_element(head, "th", scope="col"), "button", title)
    add_element(whole, "tbody", "", id="cases")
    add_element(main, "button", "", id="more")
    add_element(main, "script", _ROWS_HERE, id="data", type="application/json")
    add_element(main, "noscript", _("The cases stand in summary.csv; this page needs JavaScript, and no network."))
    add_element(main, "script", "").text = (_DATA / "page.js").read_text(encoding="utf-8")
    return to_html(page)


def _scanners(rows: tuple[LeagueRow, ...], hidden: int, least: int) -> str:
    page, main = _document(_("Scanners and protocols"))
    add_element(main, "h1", _("Scanners and protocols"))
    add_element(
        main,
        "p",
        _(
            "Scans that were judged, by scanner, kernel and month of the scan; which clauses of the protocols they did not pass, and how "
            "many of them. Groups of fewer than {least} scans are counted together with others, and not shown where they are too few "
            "even so; nothing here names a patient."
        ).format(least=least),
    )
    if hidden:
        add_element(main, "p", _("Not shown: {count}.").format(count=pluralize(hidden, "scan")))
    heads = (_("Scanner"), _("Kernel"), _("Month"), _("Scans"), _("Rejected"), _("Not passed: clause (scans)"))
    if rows:
        add_table(main, _("Groups, most rejected first"), heads, map(_cells, rows))
    back = add_element(main, "p", "", class_="links")
    add_element(back, "a", _("all cases"), href="index.html")
    add_element(back, "a", "scanners.csv", href="scanners.csv")
    return to_html(page)


def _cells(row: LeagueRow) -> tuple[str, ...]:
    clauses = join(
        ", ",
        (
            f"{clause} [{protocol}] {count}" + (join("", (" ", in_words(severity))) if severity == "reject" else "")
            for (protocol, clause, severity), count in row.not_passed
        ),
    )
    return row.scanner, row.kernel, row.month, str(row.scans), str(row.rejected), clauses or "–"


def _document(title: str) -> tuple[Element, Element]:
    styles = (resources.RESOURCE_DIR / "report" / "report.css", _DATA / "page.css")
    return new_document(title, join("\n", (path.read_text(encoding="utf-8") for path in styles)))
