"""The report: one page for every case, safe, accessible, without network, and printable."""

import base64
import re
import shutil
import subprocess

import numpy as np
import pytest

from dicomtoprint.config import resources
from dicomtoprint.errors import OutputError
from dicomtoprint.report import (
    ModelPart,
    ProcessingNote,
    ReportContent,
    render_report,
    write_report,
)
from dicomtoprint.report.scan_sections import remedy_level
from Phantoms.report_content import Page, acceptance, finding, full, spacing_plot

EVIL = '<script>alert("x")</script>&<img src=x onerror=y>'


def test_every_section_in_the_order_of_its_readers():
    page = render_report(full())
    order = [
        "scan",
        "to-do",
        "findings",
        "model",
        "changes",
        "accuracy",
        "readiness",
        "questions",
        "calipers",
        "repeat",
        "responsibility",
    ]
    places = [page.index(f'<section id="{name}"') for name in order]
    assert places == sorted(places)
    for words in (
        "not ready",
        "Scan again, if clinically justified",
        "IM_7",
        "radiographer, 2026-01-02",
        "not answered",
        "not a diagnosis",
        "python dicom_to_print.py run INPUT",
        "cd" * 32,
        "About 0.2 mm.",
        "a test",
        "10.0 × 20.0 × 30.0",
        "qualified professional",
    ):
        assert words in page


def test_remedies_stand_by_rising_burden_and_the_series_of_the_model_first():
    words = " ".join(Page(render_report(full())).words)
    todo = words[words.index("What to do") :]
    places = [
        todo.index(text)
        for text in ("Was the issuer asked?", "Export the complete", "Reconstruct again with", "gantry at 0 degrees")
    ]
    assert places == sorted(places)
    assert words.index("a1b2, used for the model") < words.index("ffff")


@pytest.mark.parametrize(
    ("given", "group"),
    [
        (finding("a", remedy="Send the original series instead.", burden="C"), "reconstruct"),
        (finding("a", remedy="Send the original series instead."), "export"),
        (finding("a", remedy="Ask for a reconstruction with a smooth kernel."), "reconstruct"),
        (finding("a", remedy="Scan again, if clinically justified."), "scan"),
        (finding("a", outcome="ask", remedy="Look at the picture."), "answer"),
        (finding("a", remedy="The tool decodes it."), "other"),
    ],
)
def test_burden_of_a_remedy(given, group):
    assert remedy_level(given) == group


@pytest.mark.parametrize(
    "content",
    [
        ReportContent(),
        ReportContent(acceptance=acceptance(), refused=True, gate="The scan is tilted."),
        ReportContent(readiness={"verdict": "ready", "mesh": {}, "findings": []}, process="SLA"),
        full(),
    ],
    ids=["nothing", "refused", "inspect", "full"],
)
def test_page_is_accessible_and_needs_no_network(content):
    text = render_report(content)
    page = Page(text)
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:]))
    assert all(image.get("alt") for image in page.images)
    assert all(link.startswith("data:image/") for link in page.links)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert "@import" not in text
    assert "url(" not in text
    assert '<html lang="en">' in text
    assert "no substitute for clinical review" in text


def test_a_refused_scan_says_that_nothing_was_made():
    words = " ".join(
        Page(
            render_report(ReportContent(acceptance=acceptance(), series="a1b2", refused=True, gate="It is tilted."))
        ).words
    )
    assert "none was made" in words
    assert "It is tilted." in words
    assert "used for the model" not in words


def test_a_better_series_and_figures_at_second_hand_are_named():
    judged = acceptance()
    rejected = next(one for one in judged["series"] if one["series"] == "a1b2")
    rejected["instead"] = "c3d4"
    rejected["protocols"]["3dsystems-ortho"]["second_hand"] = True
    words = " ".join(Page(render_report(ReportContent(acceptance=judged, series="e5f6", refused=True))).words)
    assert "a1b2; use c3d4 instead" in words
    assert "3dsystems-ortho 1 (its figures are known at second hand)" in words


def test_a_scan_that_was_not_judged_is_called_so_at_the_top():
    told = "Acceptance is not applicable: a volume file carries no headers to judge."
    head = render_report(full(acceptance=None, gate=told)).split("<h2")[0]
    assert told in head
    assert told not in render_report(full(gate=told)).split("<h2")[0], "a judged scan has its verdict there"


def test_a_model_turned_for_printing_has_no_sides_of_the_patient_in_its_sizes():
    as_scanned, turned = render_report(full()), render_report(full(turned=True))
    assert "Size L-R" in as_scanned and "as it lies in the patient" not in as_scanned
    assert "Size L-R" not in turned and "Size as turned, x × y × z" in turned and "as it lies in the patient" in turned


def test_nothing_that_a_file_says_becomes_markup():
    evil = acceptance()
    evil["series"][1]["series"] = evil["series"][1]["description"] = EVIL
    evil["series"][1]["protocols"]["3dsystems-ortho"]["findings"][0].update(
        message=EVIL, where=EVIL, remedy=EVIL, measured=EVIL
    )
    evil["unreadable"] = [{"file": EVIL + "\x00\x1b[31m", "reason": EVIL}]
    page = Page(
        render_report(
            full(
                acceptance=evil,
                series=EVIL,
                command=EVIL,
                gate=EVIL,
                notes=(EVIL,),
                title=EVIL,
                changes=(ProcessingNote(EVIL, EVIL),),
                parts=(ModelPart(EVIL),),
            )
        )
    )
    assert "script" not in page.tags
    assert "x" not in page.links
    assert EVIL in "".join(page.words)
    assert "\x1b" not in "".join(page.words)


def test_colors_have_contrast():
    """Every pair of ink and ground in the style reaches 4.5 to 1 (WCAG 2.1 AA)."""
    style = (resources.RESOURCE_DIR / "report" / "report.css").read_text(encoding="utf-8")
    variables = dict(re.findall(r"(--\w+):\s*(#[0-9a-f]{6})", style))
    pairs = re.findall(r"\{\s*color:\s*(#[0-9a-f]{6});\s*background:\s*(#[0-9a-f]{6})", style)
    assert len(pairs) == 5
    pairs += [
        (variables["--ink"], "#ffffff"),
        (variables["--quiet"], "#ffffff"),
        (variables["--ink"], variables["--soft"]),
        ("#5c1414", "#fde6e6"),
    ]
    for ink, ground in pairs:
        assert contrast(ink, ground) >= 4.5, (ink, ground)


def contrast(one, other):
    def light(color):
        parts = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
        linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_patient_data_is_announced():
    assert "This report names no patient" in render_report(full())
    assert "holds patient data, by request" in render_report(full(identified=True))


def test_the_acceptance_object_is_asked_for_what_may_be_shown():
    class Given:
        def as_json(self, identified):
            return {"series": [{"series": "named" if identified else "hidden", "verdict": "accept"}]}

    assert "hidden" in render_report(ReportContent(acceptance=Given()))
    assert "named" in render_report(ReportContent(acceptance=Given(), identified=True))


def test_an_identified_report_knows_its_series_by_the_uid():
    from dicomtoprint.dicom.series import short_hash

    named = acceptance()
    named["series"][1]["series"] = "1.2.3"
    page = render_report(
        full(
            acceptance=named,
            identified=True,
            series=short_hash("1.2.3"),
            scan_pictures={short_hash("1.2.3"): (spacing_plot(1, 2),)},
        )
    )
    assert "1.2.3, used for the model" in page
    assert "Distance from slice to slice" in page


def test_report_is_written_whole(tmp_path):
    path = write_report(tmp_path, full())
    assert path.name == "report.html"
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    with pytest.raises(OutputError):
        write_report(path, full())


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_it_prints_as_a4_pages(tmp_path):
    path = write_report(tmp_path, full())
    target = tmp_path / "report.pdf"
    subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--print-to-pdf={target}",
            path.as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    data = target.read_bytes()
    assert data.startswith(b"%PDF")
    boxes = set(re.findall(rb"/MediaBox\s*\[\s*([\d. ]+)\]", data))
    sizes = {tuple(round(float(v)) for v in box.split()[2:]) for box in boxes}
    assert all(abs(width - 595) <= 1 and abs(height - 842) <= 1 for width, height in sizes)
    assert 2 <= len(re.findall(rb"/Type\s*/Page[^s]", data)) <= 7


def test_pictures_are_in_the_page():
    page = Page(render_report(full()))
    sources = [image["src"] for image in page.images]
    assert len(sources) == 5
    kinds = {source.split(";")[0] for source in sources}
    assert kinds == {"data:image/png", "data:image/svg+xml"}
    assert base64.b64decode(next(s for s in sources if "png" in s).split(",")[1]).startswith(b"\x89PNG")
