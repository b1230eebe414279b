"""A study of several series: the terminal says which was used, and why."""

from types import SimpleNamespace

import pytest

from dicomtoprint.cli.summaries import choice_in_words, run_summary
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.pipeline import check_scan, choose_series
from Phantoms.files import write_files
from Phantoms.series import CLASSIC, put, series

SURGERY = "2026-05-04"


def _study(folder, *parts):
    """One study of several series: the study's identifier is that of the first."""
    shared = series()[0].header
    for at, files in enumerate(parts):
        same = {key: shared[key] for key in ("StudyInstanceUID", "PatientID", "PatientName")}
        write_files(put(files, **same), folder / str(at))
    return folder


def _words(folder, **fields):
    settings = RunSettings(check_pixels=False, surgery_date=SURGERY, **fields)
    acceptance = check_scan(folder, settings, protocols=("3dsystems-ortho",))
    chosen = choose_series(acceptance, settings)
    return chosen, acceptance, choice_in_words(acceptance, chosen, settings)


CASES = {
    "the best verdict": (
        lambda: (series(CLASSIC, "a", count=6), put(series(CLASSIC, "b", count=9), ConvolutionKernel="B70f")),
        6, "its verdict is the best; next is", "(reject)",
    ),
    "most slices": (
        lambda: (series(CLASSIC, "a", count=6), series(CLASSIC, "b", count=9)),
        9, "it has the most slices of those as good; next is", "(accept)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_series_and_the_reason_are_told(name, tmp_path):
    make, slices, reason, other = CASES[name]
    chosen, acceptance, (line,) = _words(_study(tmp_path, *make()))
    assert len(chosen.series) == slices
    rest = next(one for one in acceptance.series if one.series.id != chosen.series.id)
    assert line.startswith(f"Used: series {chosen.series.id} ({slices} slices) of 2, because {reason}")
    assert rest.series.id in line and other in line and line.endswith("Another one: --series ID.")


def test_a_named_series_is_used_because_it_was_named(tmp_path):
    folder = _study(tmp_path, series(CLASSIC, "a", count=6), series(CLASSIC, "b", count=9))
    worse = next(one for one in check_scan(folder, RunSettings(check_pixels=False)).series if len(one.series) == 6)
    chosen, _, (line,) = _words(folder, series=worse.series.id)
    assert chosen.series.id == worse.series.id and line.endswith("of 2, because it was named.")


def test_one_series_needs_no_word(tmp_path):
    assert _words(_study(tmp_path, series(count=4)))[2] == []


def test_the_summary_of_a_run_has_it(tmp_path):
    folder = _study(tmp_path, series(CLASSIC, "a", count=6), series(CLASSIC, "b", count=9))
    chosen, acceptance, words = _words(folder)
    scan = SimpleNamespace(series=chosen, acceptance=acceptance, gate="Accepted.")
    readiness = SimpleNamespace(as_json=lambda: {"verdict": "ready", "findings": []}, checklist=())
    model, settings = SimpleNamespace(meshes=(), steps=()), RunSettings(check_pixels=False, surgery_date=SURGERY)
    segmentation = SimpleNamespace(warnings=("Look here.",))
    result = SimpleNamespace(
        scan=scan, settings=settings, segmentation=segmentation, model=model, readiness=readiness, files=()
    )
    said = run_summary(result)
    assert "Look here." in said.splitlines()
    assert words[0] in said.splitlines()
