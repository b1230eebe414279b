"""Every use gets past the scan: step 1 asks the questions of all built-in protocols, the run judges by one of them."""

import pytest
from DicomToPrintLib import pipeline
from DicomToPrintLib.acceptance import load_use, use_names
from DicomToPrintLib.errors import UsageError
from DicomToPrintLib.gui import child
from DicomToPrintLib.gui.job import Job
from DicomToPrintLib.progress import silent
from DicomToPrintLib.settings import Settings
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
    job = Job(str(tmp_path))
    child._scan(job, source, settings, silent)
    return job.load("scan")


@pytest.mark.parametrize("use", use_names())
def test_every_use_opens_once_its_own_questions_are_answered(conformant, tmp_path, use):
    settings = Settings(use=use, pixels=False)
    first = checked(tmp_path, conformant, settings)
    (judged,) = first["acceptance"].series
    assert first["open"] == ("question" not in load_use(use).blocked_by or load_use(use).protocol == "exoplan-import")
    answers = tuple((question.rule, "yes") for question in judged.questions)
    assert answers
    settings = Settings(use=use, pixels=False, answers=answers)
    assert checked(tmp_path, conformant, settings)["open"]
    assert pipeline.open_scan(conformant, settings).series.series.id == judged.series.id


def test_an_answer_that_nobody_asks_for_is_still_refused(conformant):
    with pytest.raises(UsageError, match="No rule or question"):
        pipeline.open_scan(conformant, Settings(use="dental", pixels=False, answers=(("no-such-rule", "yes"),)))
