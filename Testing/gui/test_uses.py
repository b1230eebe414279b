"""Every use gets past the scan: step 1 asks the questions of all built-in protocols, the run judges by one of them."""

import pytest

from dicomtoprint import pipeline
from dicomtoprint.acceptance import load_use_case
from dicomtoprint.config.resources import builtin_names
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import UsageError
from dicomtoprint.progress import no_progress
from DicomToPrintLib.gui import step_worker
from DicomToPrintLib.gui.step_results import StepResultStore
from Phantoms.files import write_files
from Phantoms.series import series


@pytest.fixture(scope="module")
def conformant(tmp_path_factory):
    """A series that both built-in protocols accept by its headers."""
    folder = tmp_path_factory.mktemp("conformant")
    write_files(series("classic"), folder)
    return folder


def checked(tmp_path, source, settings):
    """What step 1 of the panel leaves in its job."""
    job = StepResultStore(str(tmp_path))
    step_worker._scan(job, source, settings, no_progress)
    return job.load("scan")


@pytest.mark.parametrize("use", builtin_names("uses"))
def test_every_use_opens_once_its_own_questions_are_answered(conformant, tmp_path, use):
    settings = RunSettings(use=use, check_pixels=False)
    first = checked(tmp_path, conformant, settings)
    (judged,) = first["acceptance"].series
    assert first["open"] == (
        "question" not in load_use_case(use).blocked_by or load_use_case(use).protocol == "exoplan-import"
    )
    answers = tuple((question.rule, "yes") for question in judged.questions)
    assert answers
    settings = RunSettings(use=use, check_pixels=False, answers=answers)
    assert checked(tmp_path, conformant, settings)["open"]
    assert pipeline.load_scan(conformant, settings).series.series.id == judged.series.id


def test_an_answer_that_nobody_asks_for_is_still_refused(conformant):
    with pytest.raises(UsageError, match="No rule or question"):
        pipeline.load_scan(
            conformant, RunSettings(use="dental", check_pixels=False, answers=(("no-such-rule", "yes"),))
        )
