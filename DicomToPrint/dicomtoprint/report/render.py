"""The report as one HTML file."""

import datetime
from pathlib import Path

from .. import __version__
from ..config import resources
from ..io.atomic import write_text_atomically
from ..messages import _
from . import model_sections, scan_sections
from .checklist_section import add_checklist, checklist_in_words
from .content import ReportContent
from .html import (
    Element,
    add_element,
    add_list,
    add_section,
    add_table,
    format_number,
    new_document,
    set_text,
    to_html,
    verdict_badge,
)
from .print_plan_section import add_print_plan
from .sign_off_page import approval_block


def write_report(folder: Path, content: ReportContent) -> Path:
    """Writes ``report.html`` in `folder`: whole or not at all. Raises `OutputError`."""
    return write_text_atomically(Path(folder) / "report.html", render_report(content))


def render_report(content: ReportContent) -> str:
    """The report's HTML: no network, no script, style and pictures inside.

    The order is that of its readers: verdicts and what to do on the first page for the radiographer, findings and
    pictures, then the model, its changes and accuracy for the clinician, readiness and distances for the workshop,
    and how to repeat it.
    """
    title = content.title or _("From scan to print: report")
    root, main = new_document(title, (resources.RESOURCE_DIR / "report" / "report.css").read_text(encoding="utf-8"))
    _add_head(main, content, title)
    scan_sections.add_verdicts(main, content)
    scan_sections.add_actions(main, content)
    scan_sections.add_findings(main, content)
    model_sections.add_model(main, content)
    model_sections.add_changes(main, content)
    add_checklist(main, content)
    model_sections.add_accuracy(main, content)
    model_sections.add_readiness(main, content)
    add_print_plan(main, content)
    scan_sections.add_questions(main, content)
    model_sections.add_calipers(main, content)
    _add_repeat(main, content)
    _add_responsibility(main, content)
    return to_html(root)


def _add_head(main: Element, content: ReportContent, title: str) -> None:
    head = add_element(main, "header")
    add_element(head, "h1", title)
    facts = add_element(head, "dl")
    for name, cell in _summary(content):
        add_element(facts, "dt", name)
        value = add_element(facts, "dd")
        if isinstance(cell, str):
            set_text(value, cell)
        else:
            value.append(cell)
    add_list(head, dict.fromkeys(content.notes))  # each once: every slice may say the same
    add_element(
        head,
        "p",
        _("A processed representation of the given mesh; not a diagnosis. See the statement at the end.")
        if content.parts_given
        else _("A processed representation of the scan; not a diagnosis. See the statement at the end."),
        class_="small",
    )


def _summary(content: ReportContent) -> list[tuple[str, str | Element]]:
    """The one-minute answer: verdicts, use, accuracy, when and by what."""
    rows: list[tuple[str, str | Element]] = []
    found = scan_sections.ordered_series(content)
    chosen = [series for series in found if scan_sections.is_selected_series(series, content)] or (
        found if len(found) == 1 else []
    )
    if chosen:
        rows.append((_("Scan"), verdict_badge(str(chosen[0].get("verdict", "")))))
    elif content.gate and not found:  # a volume without headers: that nothing was judged must not be left out
        rows.append((_("Scan"), content.gate))
    readiness = model_sections.readiness_dict(content)
    if readiness:
        rows.append((_("Print file"), verdict_badge(str(readiness.get("verdict", "")))))
    elif content.refused:
        rows.append((_("Print file"), _("none was made, for the reason given below")))
    if content.checklist:
        rows.append((_("Anatomy"), checklist_in_words(content)))
    if content.record_sha256:
        rows.append((_("Approval"), approval_block()))
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
    block = add_section(main, _("Files, and how to repeat this"), "repeat")
    if content.files:
        heads = [_("File"), _("Bytes"), _("Triangles"), _("SHA-256")]
        rows = [
            (
                str(file.get("file", "")),
                format_number(file.get("bytes")),
                format_number(file.get("triangles")),
                str(file.get("sha256", "")),
            )
            for file in content.files
        ]
        add_table(block, _("Files, each read back after writing (LPS, mm)"), heads, rows, "hashes")
    if content.inputs:
        add_element(block, "p", content.inputs)
    if content.command:
        add_element(block, "p", _("The same run on the command line:"))
        add_element(block, "pre", content.command)
    if content.record_sha256:
        add_element(block, "p", _("record.json holds every parameter and hash; its own SHA-256 is:"))
        add_element(block, "pre", content.record_sha256)
        add_element(block, "p", _("With it, this says whether a repeated run gives the same files:"))
        add_element(
            block,
            "pre",
            f"dicom_to_print.py replay record.json --input {'MESH' if content.parts_given else 'DIR'} --output DIR",
        )


def _add_responsibility(main: Element, content: ReportContent) -> None:
    block = add_section(main, _("Statement of responsibility"), "responsibility")
    if content.use:
        add_element(block, "p", _("Intended use: {use}.").format(use=content.use_title or content.use))
    if not content.refused:  # what a use allows to be filled says nothing where nothing was made
        add_list(block, content.use_notes)
    add_element(
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
        add_element(
            block,
            "p",
            _("This report holds patient data, by request: handle it as a part of the patient's record."),
            class_="key",
        )
    else:
        add_element(
            block,
            "p",
            _("This report names no patient; yet a model or picture of a face can identify a person by itself."),
        )
