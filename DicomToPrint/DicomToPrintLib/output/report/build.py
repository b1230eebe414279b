"""The report as one HTML file."""

import datetime
from gettext import gettext as _
from pathlib import Path

from ... import __version__, resources
from ..files import write_text_atomically
from . import model, scan
from .content import ReportContent
from .page import Element, add, bullets, document, html_text, number, section, table, verdict_badge
from .plan import add_plan


def write_report(folder: Path, content: ReportContent) -> Path:
    """Writes ``report.html`` in `folder`: whole or not at all. Raises `CannotWrite`."""
    return write_text_atomically(Path(folder) / "report.html", report_html(content))


def report_html(content: ReportContent) -> str:
    """The report's HTML: no network, no script, style and pictures inside.

    The order is that of its readers: verdicts and what to do on the first page for the radiographer, findings and
    pictures, then the model, its changes and accuracy for the clinician, readiness and distances for the workshop,
    and how to repeat it.
    """
    title = content.title or _("From scan to print: report")
    root, main = document(title, (resources.FOLDER / "Report" / "report.css").read_text(encoding="utf-8"))
    _add_head(main, content, title)
    scan.add_verdicts(main, content)
    scan.add_what_to_do(main, content)
    scan.add_findings(main, content)
    model.add_model(main, content)
    model.add_changes(main, content)
    model.add_accuracy(main, content)
    model.add_readiness(main, content)
    add_plan(main, content)
    scan.add_questions(main, content)
    model.add_calipers(main, content)
    _add_repeat(main, content)
    _add_responsibility(main, content)
    return html_text(root)


def _add_head(main: Element, content: ReportContent, title: str) -> None:
    head = add(main, "header")
    add(head, "h1", title)
    facts = add(head, "dl")
    for name, cell in _summary(content):
        add(facts, "dt", name)
        value = add(facts, "dd")
        if isinstance(cell, str):
            value.text = cell
        else:
            value.append(cell)
    bullets(head, dict.fromkeys(content.notes))  # each once: every slice may say the same
    add(
        head,
        "p",
        _("A processed representation of the scan; not a diagnosis. See the statement at the end."),
        class_="small",
    )


def _summary(content: ReportContent) -> list[tuple[str, str | Element]]:
    """The one-minute answer: verdicts, use, accuracy, when and by what."""
    rows: list[tuple[str, str | Element]] = []
    found = scan.series_of(content)
    chosen = [series for series in found if scan.is_chosen(series, content)] or (found if len(found) == 1 else [])
    if chosen:
        rows.append((_("Scan"), verdict_badge(str(chosen[0].get("verdict", "")))))
    elif content.gate and not found:  # a volume without headers: that nothing was judged must not be left out
        rows.append((_("Scan"), content.gate))
    readiness = model.readiness_json(content)
    if readiness:
        rows.append((_("Print file"), verdict_badge(str(readiness.get("verdict", "")))))
    elif content.refused:
        rows.append((_("Print file"), _("none was made, for the reason given below")))
    if content.use:
        rows.append((_("Intended use"), content.use_title or content.use))
    if content.budget is not None:
        rows.append((_("Accuracy"), content.budget.sentence))
    made = datetime.datetime.fromisoformat(content.created) if content.created else datetime.datetime.now()
    rows.append((_("Made"), made.astimezone().strftime("%Y-%m-%d %H:%M %Z")))
    rows.append((_("With"), content.software or f"DicomToPrint {__version__}"))
    return rows


def _add_repeat(main: Element, content: ReportContent) -> None:
    if not (content.files or content.command or content.record_sha256 or content.inputs):
        return
    block = section(main, _("Files, and how to repeat this"), "repeat")
    if content.files:
        heads = [_("File"), _("Bytes"), _("Triangles"), _("SHA-256")]
        rows = [
            (
                str(file.get("file", "")),
                number(file.get("bytes")),
                number(file.get("triangles")),
                str(file.get("sha256", "")),
            )
            for file in content.files
        ]
        table(block, _("Files, each read back after writing (LPS, mm)"), heads, rows, "hashes")
    if content.inputs:
        add(block, "p", content.inputs)
    if content.command:
        add(block, "p", _("The same run on the command line:"))
        add(block, "pre", content.command)
    if content.record_sha256:
        add(block, "p", _("record.json holds every parameter and hash; its own SHA-256 is:"))
        add(block, "pre", content.record_sha256)
        add(block, "p", _("With it, this says whether a repeated run gives the same files:"))
        add(block, "pre", "dicom_to_print.py replay record.json --input DIR --output DIR")


def _add_responsibility(main: Element, content: ReportContent) -> None:
    block = section(main, _("Statement of responsibility"), "responsibility")
    if content.use:
        add(block, "p", _("Intended use: {use}.").format(use=content.use_title or content.use))
    if not content.refused:  # what a use allows to be filled says nothing where nothing was made
        bullets(block, content.use_notes)
    add(
        block,
        "p",
        _(
            "This model and this report are a processed representation of imaging data. They are not the original "
            "scan, not a "
            "diagnosis, and no substitute for clinical review. The result depends on the scan, the segmentation, the "
            "processing of the mesh and "
            "the print. Any medical, surgical or legal use needs review by a qualified professional, who compares the "
            "contours above with the "
            "original images. DicomToPrint is not a medical device."
        ),
    )
    if content.identified:
        add(
            block,
            "p",
            _("This report holds patient data, by request: handle it as a part of the patient's record."),
            class_="key",
        )
    else:
        add(
            block,
            "p",
            _("This report names no patient; yet a model or picture of a face can identify a person by itself."),
        )
