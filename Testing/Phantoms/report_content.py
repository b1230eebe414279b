"""Content for a report of every section, and its page as a browser's parser meets it."""

import re
from html.parser import HTMLParser

import numpy as np

from dicomtoprint.acceptance.slice_spacing import SliceSpacing
from dicomtoprint.accuracy import BudgetItem, CaliperMeasurement, ErrorBudget
from dicomtoprint.images.image import png_image
from dicomtoprint.report import (
    ModelPart,
    ProcessingNote,
    ReportContent,
)
from dicomtoprint.report.slice_spacing_plot import slice_spacing_plot


def finding(rule, severity="reject", outcome="fail", measured=1.0, limit=2.0, remedy="", message="It is so.", **more):
    return {
        "rule": rule,
        "clause": "O08",
        "severity": severity,
        "outcome": outcome,
        "measured": measured,
        "limit": limit,
        "where": "slice 3",
        "remedy": remedy,
        "message": message,
        **more,
    }


def acceptance(verdict="reject"):
    ortho = [
        finding("slice-spacing", remedy="Export the complete series again from the archive.", burden="re-export"),
        finding("kernel", "warn", remedy="Reconstruct again with kernel STANDARD.", burden="re-reconstruct"),
        finding(
            "gantry-tilt", remedy="Scan again with the gantry at 0 degrees, if clinically justified.", burden="re-scan"
        ),
        finding("exam-date", "ask", "ask", measured=None, remedy="Give the date of the surgery.", burden="answer"),
        finding("modality", outcome="pass", measured="CT", limit="CT"),
    ]
    return {
        "schema": "dicom-to-print/acceptance/1",
        "series": [
            {"series": "ffff", "description": "", "files": 2, "verdict": "accept", "protocols": {}, "questions": []},
            {
                "series": "a1b2",
                "description": "",
                "files": 96,
                "verdict": verdict,
                "protocols": {
                    "3dsystems-ortho": {"version": "1", "verdict": verdict, "findings": ortho},
                    "exoplan-import": {"version": "2", "verdict": "accept", "findings": [ortho[-1]]},
                },
                "questions": [
                    {"rule": "motion", "text": "Did the patient lie still?", "answer": "yes"},
                    {"rule": "issuer", "text": "Was the issuer asked?", "answer": None},
                ],
            },
        ],
        "unreadable": [{"file": "IM_7", "reason": "cut short"}],
    }


def spacing_plot(*gaps):
    gaps_mm = np.array(gaps, float)
    return slice_spacing_plot(SliceSpacing(gaps_mm, float(np.median(gaps_mm)), ("image 1", "image 2")))


def full(**changes):
    picture = png_image("p", "A caption", "An alternative", np.zeros((4, 4), np.uint8))
    content = {
        "acceptance": acceptance(),
        "series": "a1b2",
        "scan_pictures": {"a1b2": (spacing_plot(1, 1, 3, 1),)},
        "gate": "Used although it was not accepted; the reason given: a test",
        "use": "teaching",
        "use_title": "Teaching",
        "use_notes": ("For the classroom.",),
        "parts": (
            ModelPart(
                "Femur",
                triangles=1200,
                volume_mm3=5000.0,
                area_mm2=900.0,
                bounds_mm=(0, 10, 0, 20, 0, 30),
                mean_deviation_mm=0.05,
                p95_deviation_mm=0.2,
                max_deviation_mm=0.7,
            ),
        ),
        "slice_pictures": (picture,),
        "view_pictures": (picture,),
        "map_pictures": (picture,),
        "caliper_picture": picture,
        "changes": (ProcessingNote("segment", "12 voxels"), ProcessingNote("simplify", "1,200 triangles")),
        "provenance": {"measured": 0.9, "bridged": 0.1},
        "budget": ErrorBudget(
            (BudgetItem("Editing", 0.2, "measured"), BudgetItem("Process", None, "none")),
            0.2,
            "About 0.2 mm.",
            ("motion",),
        ),
        "calipers": (CaliperMeasurement(1, "left to right", 10.0, 0.3), CaliperMeasurement(2, "front to back", 20.0)),
        "readiness": {
            "verdict": "not-ready",
            "mesh": {"triangles": 1200, "min_wall_mm": 0.4, "bounds_mm": [0.0, 10.0]},
            "findings": [
                finding("wall", measured=0.4, limit=0.8, remedy="Use --thicken 0.8."),
                finding("closed", outcome="pass"),
            ],
        },
        "process": "FDM",
        "files": ({"file": "femur.stl", "bytes": 684, "triangles": 12, "sha256": "ab" * 32},),
        "inputs": "96 files.",
        "command": "python dicom_to_print.py run INPUT --output OUT",
        "record_sha256": "cd" * 32,
        "answers_role": {"motion": {"role": "radiographer", "time": "2026-01-02"}},
        "notes": ("A note.",),
    }
    return ReportContent(**{**content, **changes})


class Page(HTMLParser):
    """Headings, pictures, links and the tags that were opened, as a browser's parser meets them."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.images, self.links, self.tags, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.images.append(values)
        self.links += [value for name, value in attributes if name in ("src", "href", "action", "data")]

    def handle_data(self, data):
        self.words.append(data)
