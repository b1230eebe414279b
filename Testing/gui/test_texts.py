"""What the panel shows names its controls, not options of the command line."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from dicomtoprint import rules
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.messages import _
from dicomtoprint.printability.messages import REMEDY

pytestmark = pytest.mark.panel
FILLED = {"hollow": 2.0, "escape": "2 x 4", "wall": 1.0, "limit": 3.0, "total": 1.0, "other": "", "choose": "Choose"}


class Filled(dict):
    def __missing__(self, key):
        return 1.0


def test_no_remedy_names_an_option(application):
    from DicomToPrintLib.gui.texts import without_options

    told = [text.format_map(Filled(FILLED)) for text in REMEDY.values()]
    assert sum("--" in text for text in told) > 15
    shown = [without_options(text) for text in told]
    assert not [text for text in shown if re.search(r"--|\bOUT\b|\bDIR\b|\bSCAN\b|R,A,S|\bTEXT\b|\bNAME\b", text)]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            _("Thicken: {--thicken:{wall:g}} or choose a finer process: {--process:material-jetting}", wall=3.0),
            "Thicken: \u201cthicken walls\u201d 3 or choose a finer process: \u201cprocess\u201d material-jetting",
        ),
        (REMEDY["repair"], "Repair it: make the model again in step 3"),
        (_("Fill them with {--wrap}, or leave them."), "Fill them with \u201couter surface only\u201d, or leave them."),
        (_("Turn it, or split it ({--split:auto})."), "Turn it, or split it (\u201csplit\u201d)."),
        (_("A seed is needed ({--seed:R,A,S})."), "A seed is needed (\u201cseed points\u201d)."),
    ],
)
def test_options_become_names_of_controls(application, told, shown):
    from DicomToPrintLib.gui.texts import without_options

    assert without_options(told) == shown


def test_findings_are_shown_and_copied_without_options(driver):
    remedy = _("Thicken: {--thicken:3}")
    finding = rules.Finding(
        "wall", "", rules.Severity.REJECT, rules.Outcome.FAIL, 1.0, 3.0, "", remedy, "The wall is thin.", "mm"
    )
    view = driver.panel.steps["print"].findings
    view.show([finding])
    view.table.setCurrentCell(0, 1)
    assert "\u201cthicken walls\u201d 3" in view.detail.text
    assert "--" not in view.detail.text + view.remedies()
    assert "\u201cthicken walls\u201d 3" in view.remedies()


@pytest.mark.parametrize(("percent", "said"), [(12.34, True), (0.0, False)])
def test_the_modelled_share_stands_beside_the_surface(application, percent, said):
    from DicomToPrintLib.gui.surface_step import format_surface_stats

    mesh = Mesh(np.zeros((3, 3), np.float32), np.array([[0, 1, 2]]), "bone")
    line = format_surface_stats(mesh, {"provenance_area_percent": {"modelled": percent}})
    assert ("12.3 % of the surface are modelled walls" in line) == said


@pytest.mark.parametrize(
    ("settings", "spoken"),
    [
        ({"Internationalization/Enabled": "true", "language": "de_DE"}, "de"),
        ({"Internationalization/Enabled": True, "language": "xx"}, "en"),
        ({"Internationalization/Enabled": "false", "language": "de"}, "en"),
        ({}, "en"),
    ],
)
def test_the_panel_speaks_slicers_language(application, monkeypatch, settings, spoken):
    import slicer

    from DicomToPrintLib.gui import i18n
    from DicomToPrintLib.gui.texts import without_options

    stored = SimpleNamespace(value=settings.get)
    monkeypatch.setattr(slicer.app, "userSettings", lambda: stored, raising=False)
    i18n.slicer_language.cache_clear()
    try:
        assert i18n.slicer_language() == spoken
        told = without_options(
            _("Thicken: {prepare}{--thicken:{limit:g}}{into}{other}", prepare="", into="", limit=0.5, other="")
        )
        assert ("Thicken" in told) == (spoken == "en") and "--" not in told
        assert i18n.format_figure(1234.56, ",.1f") == ("1,234.6" if spoken == "en" else "1.234,6")
    finally:
        i18n.slicer_language.cache_clear()
