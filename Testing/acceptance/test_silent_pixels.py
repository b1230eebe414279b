"""Scans whose pixels cannot be judged are asked about: silence is not acceptance. Whole scans are not asked about."""

import dataclasses
import json

import numpy as np
import pytest

from dicomtoprint.acceptance import evaluate_gate, evaluate_study, load_protocol, load_use_case
from dicomtoprint.acceptance.detectors import run_detectors
from dicomtoprint.acceptance.evaluate import finding_for
from dicomtoprint.cli.summaries import acceptance_summary
from dicomtoprint.config import resources
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.errors import UnansweredQuestionError
from dicomtoprint.pipeline.scan_loading import load_scan
from dicomtoprint.rules import MISSING, Verdict
from dicomtoprint.volume import Volume
from Phantoms.case import PROTOCOLS, SURGERY
from Phantoms.files import write_files
from Phantoms.pixels import AIR, head, scanned, with_couch
from Phantoms.series import CLASSIC, ENHANCED, put

RULES_ON_PIXELS = {"pixels-judged", "lost-slices", "repeated-slices", "noise", "tissue-value", "air-value", "motion"}


def _noise(scale, smooth=0.8):
    from Phantoms.pixels import _noise as noise

    return scale / 8 * noise(smooth)


def _dry():
    """The head's bones alone, in air."""
    whole = head()
    return np.where(whole > 300, whole, AIR + _noise(8))


def _with(at, value=None):
    volume = head().copy()
    volume[at] = volume[9] if value is None else value
    return volume


def _rounded_anew(at):
    return head()[at] + _units(head()[at].shape)


def _units(shape):
    """One up, one down or none: what another rounding does to a slice."""
    return np.random.default_rng(3).integers(-1, 2, shape)


SILENT = {
    "all air": lambda: AIR + _noise(8),
    "all one value": lambda: np.full_like(head(), AIR),
    "a lost slice": lambda: _with(14, -1024.0),
    "three lost slices": lambda: _with(slice(12, 15), -1024.0),
    "half a lost slice": lambda: _with(np.s_[14, 64:], -1024.0),
    "a lost first slice": lambda: _with(0, -1024.0),
    "a repeated slice": lambda: _with(20),
    "a slice repeated beside itself and rounded anew": lambda: _with(10, _rounded_anew(9)),
    "a slice repeated elsewhere and rounded anew": lambda: _with(20, _rounded_anew(9)),
    "slope 2": lambda: (head() + 1024) * 2 - 1024,
    "slope 0.5": lambda: (head() + 1024) * 0.5 - 1024,
    "a dry bone off by 1024": lambda: _dry() + 1024,
    "a dry bone off by 1000": lambda: np.maximum(_dry(), -1024) + 1000,
    "a dry bone off by -1024": lambda: np.maximum(_dry() - 1024, -1024),
    "noise of 200 HU": lambda: head() + _noise(200, 0.0),
    "smooth noise of 200 HU": lambda: head() + _noise(200),
    "noise alone": lambda: 40 + _noise(300, 0.0),
}
WHOLE = {
    "head": head,
    "head on a couch": lambda: with_couch(head()),
    "small head in a wide field": lambda: head(scale=0.45),
    "noise of 60 HU": lambda: head() + _noise(60),
    "dry bone": _dry,
    "air above the head": lambda: np.concatenate([head()[:20], np.full((8, 128, 128), AIR) + _noise(8)[:8]]),
    "cone beam": lambda: head() + 140.0,
}


def _accepted(files, folder, answers=None, pixels=True):
    study = read_study(write_files(files, folder))
    protocols = [load_protocol(name) for name in PROTOCOLS]
    return evaluate_study(study, protocols, answers=answers or {}, surgery_date=SURGERY, pixels=pixels)


def _asked(result):
    return {finding.rule for protocol in result.protocols.values() for finding in protocol.findings
            if finding.outcome.value == "ask" and finding.rule in RULES_ON_PIXELS}  # fmt: skip


@pytest.mark.parametrize("kind", [CLASSIC, ENHANCED])
@pytest.mark.parametrize("name", SILENT)
def test_a_scan_that_cannot_be_judged_is_asked_about_under_each_protocol(name, kind, tmp_path):
    (result,) = _accepted(scanned(kind, SILENT[name]()), tmp_path).series
    for protocol, judged in result.protocols.items():
        # The statement says nothing of noise.
        if "noise of" in name and protocol == "exoplan-import":
            continue
        assert judged.verdict in (Verdict.ASK, Verdict.REJECT), (protocol, judged.verdict)
    assert _asked(result)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_scan_is_not_asked_about(name, tmp_path):
    (result,) = _accepted(scanned(CLASSIC, WHOLE[name]()), tmp_path).series
    assert _asked(result) == set()
    assert result.pixels == {"judged": True}


def test_an_answer_clears_it_and_no_rejects(tmp_path):
    files = scanned(CLASSIC, SILENT["all air"]())
    assert _accepted(files, tmp_path / "a", {"pixels-judged": "yes"}).series[0].verdict is Verdict.ACCEPT
    assert _accepted(files, tmp_path / "b", {"pixels-judged": "no"}).series[0].verdict is Verdict.REJECT


def test_it_is_one_finding_that_says_what_was_not_judged(tmp_path):
    accepted = _accepted(scanned(CLASSIC, SILENT["all air"]()), tmp_path)
    (result,) = accepted.series
    assert _asked(result) == {"pixels-judged"}
    (finding,) = (one for one in result.protocols["3dsystems-ortho"].findings if one.rule == "pixels-judged")
    for word in ("no scan of a patient", "motion", "metal", "noise", "lost slices"):
        assert word in finding.message
    said = acceptance_summary(accepted.as_json())
    assert "pixels: not judged: the pixels show no scan of a patient" in said
    assert not evaluate_gate(result, load_use_case("surgical-planning")).open


def test_headers_alone_are_told_and_leave_the_verdict(tmp_path):
    accepted = _accepted(scanned(CLASSIC, SILENT["all air"]()), tmp_path, pixels=False)
    (result,) = accepted.series
    assert result.verdict is Verdict.ACCEPT
    content = accepted.as_json()
    assert content["series"][0]["pixels"]["judged"] is False
    assert "--no-pixels" in acceptance_summary(content)
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(
        content, json.loads((resources.RESOURCE_DIR / "report/acceptance.schema.json").read_text("utf-8"))
    )


def test_too_few_slices_for_motion_are_told(tmp_path):
    (result,) = _accepted(scanned(CLASSIC, head())[10:15], tmp_path).series
    assert _asked(result) == {"pixels-judged"}
    finding = next(one for one in result.protocols["3dsystems-ortho"].findings if one.rule == "pixels-judged")
    assert finding.measured == "in part" and "Not judged: motion" in finding.message
    # The statement asks for nothing that motion would break.
    assert result.protocols["exoplan-import"].verdict is Verdict.ACCEPT


def test_pixels_that_cannot_be_decoded_are_told(tmp_path):
    files = put(scanned(CLASSIC, head())[:10], BitsStored=20)
    own = load_protocol("3dsystems-ortho")
    own = dataclasses.replace(own, rules=tuple(rule for rule in own.rules if not rule.id.startswith("bits")))
    study = read_study(write_files(files, tmp_path))
    finding = next(
        one
        for one in evaluate_study(study, [own]).series[0].protocols[own.name].findings
        if one.rule == "pixels-judged"
    )
    assert finding.verdict is Verdict.ASK
    assert ".dcm" not in finding.message


def test_an_undefined_volume_is_not_asked_about_as_well(tmp_path):
    files = scanned(CLASSIC, head())
    put(files, [2], ImagePositionPatient=files[3].header["ImagePositionPatient"])
    (result,) = _accepted(files, tmp_path).series
    assert _asked(result) == set()


@pytest.mark.parametrize("use", ["surgical-planning", "fracture", "dental", "implant", "legal"])
def test_a_volume_without_headers_needs_a_reason_for_the_strict_uses(use, tmp_path):
    import SimpleITK as sitk

    path = tmp_path / "volume.nii.gz"
    sitk.WriteImage(sitk.GetImageFromArray(head().astype(np.int16)), str(path))
    with pytest.raises(UnansweredQuestionError, match="--accept-anyway"):
        load_scan(path, RunSettings(use=use))
    assert "measured at the bench" in load_scan(path, RunSettings(use=use, accept_anyway="measured at the bench")).gate
    assert load_scan(path, RunSettings(use="general")).series is None


REAL = {
    "air": lambda a: np.full_like(a, a.min()),
    "midblank": lambda a: np.concatenate([a[:12], np.full_like(a[:1], a.min()), a[13:]]),
    "rounded anew": lambda a: np.concatenate([a[:12], a[11:12] + _units(a.shape[1:]), a[13:]]),
    "slope 2": lambda a: (a + 1024) * 2 - 1024,
    "slope 0.5": lambda a: (a + 1024) / 2 - 1024,
    "offset": lambda a: a + 1024,
    "noise": lambda a: np.maximum(a + np.random.default_rng(0).normal(0, 200, a.shape), -1024),
}


@pytest.mark.parametrize("name", ["whole", *REAL])
def test_a_real_scan_of_bone(name, data_dir):
    series = read_study(data_dir / "philips_headphantom_1mm_UB").series[0]
    volume = read_volume(series)
    grey = volume.array[30:54].astype(np.float32)
    facts, _ = run_detectors(
        dataclasses.replace(volume, array=np.rint(REAL.get(name, np.array)(grey)).astype(np.int16))
    )
    rules = [
        rule for rule in load_protocol("3dsystems-ortho").rules if rule.id in RULES_ON_PIXELS and rule.fact in facts
    ]
    asked = {rule.id for rule in rules if finding_for(rule, facts[rule.fact]).verdict is Verdict.ASK}
    silent = {
        rule.id for rule in rules if rule.missing == "not judged" and repr(facts[rule.fact].value) == "not established"
    }
    assert bool(asked | silent) == (name != "whole"), (asked, silent)


@pytest.mark.parametrize("slices", [3, 6, 12])
@pytest.mark.parametrize("outlier", [-3000, 3000, 30000])
def test_one_grey_value_and_a_pixel_far_from_it_are_no_patient(slices, outlier):
    array = np.zeros((slices, 32, 32), np.int16)
    array[0, 0, 0] = outlier
    facts, _ = run_detectors(Volume(array, np.diag([0.5, 0.5, 1.0, 1.0])))
    assert {facts[name].value for name in ("motion_slices", "metal_mm3", "noise_hu")} == {MISSING}
