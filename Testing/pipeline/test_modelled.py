"""Walls whose thickness was modelled: asked about for strict uses, and there only."""

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import UnansweredQuestionError
from dicomtoprint.mesh.core import Mesh, Provenance
from dicomtoprint.pipeline.modelled import MIN_PERCENT, ask_about_modelled
from dicomtoprint.pipeline.report_content import provenance_area_fractions
from dicomtoprint.pipeline.scan_loading import GateClosedError, LoadedScan
from dicomtoprint.reconstruction import SurfaceModel
from dicomtoprint.report import render_report
from Phantoms.report_content import Page, full

SERIES, ACCEPTANCE = object(), object()  # only their presence counts


def scan(with_headers=True):
    return LoadedScan(None, SERIES if with_headers else None, ACCEPTANCE if with_headers else None, "Accepted.")


def model(percent, is_established=True):
    return SurfaceModel(
        (), ({"provenance_area_percent": {"modelled": percent}, "bone_established": is_established},), (), ()
    )


@pytest.mark.parametrize("use", ["surgical-planning", "fracture", "dental", "implant", "legal"])
def test_a_strict_use_asks_and_a_reason_opens_it(use):
    with pytest.raises(GateClosedError) as caught:
        ask_about_modelled(scan(), model(12.0), RunSettings(use=use))
    assert isinstance(caught.value.error, UnansweredQuestionError)
    assert "12 %" in str(caught.value.error) and "--accept-anyway" in str(caught.value.error)
    opened = ask_about_modelled(scan(), model(12.0), RunSettings(use=use, accept_anyway="seen by a surgeon"))
    assert "seen by a surgeon" in opened.gate


def test_an_assumed_density_is_said():
    with pytest.raises(GateClosedError, match="assumed density of bone"):
        ask_about_modelled(scan(), model(12.0, is_established=False), RunSettings(use="dental"))


@pytest.mark.parametrize(
    ("given", "percent", "use"),
    [(scan(), 12.0, "general"), (scan(), MIN_PERCENT / 2.0, "dental"), (scan(with_headers=False), 12.0, "dental")],
    ids=["a use that is not strict", "next to nothing modelled", "a volume without headers"],
)
def test_nothing_else_is_asked(given, percent, use):
    assert ask_about_modelled(given, model(percent), RunSettings(use=use)) is given


def test_the_modelled_share_of_the_area_stands_in_record_and_report():
    points = np.array([[0, 0, 0], [3, 0, 0], [0, 2, 0], [0, 0, 1]], np.float32)
    origin = np.array([Provenance.MEASURED, Provenance.MODELLED], np.uint8)  # 3 mm2 and 1 mm2
    mesh = Mesh(points, np.array([[0, 1, 2], [0, 2, 3]]), triangle_arrays={"Provenance": origin})
    shares = provenance_area_fractions([mesh])
    assert shares["modelled"] == pytest.approx(0.25) and shares["measured"] == pytest.approx(0.75)
    words = " ".join(Page(render_report(full(provenance=shares))).words)
    assert "modelled: a thin wall's thickness inferred from its brightness 25.0 %" in words
