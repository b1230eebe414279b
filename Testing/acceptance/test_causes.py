"""One cause, one line: what follows from a finding is folded below it, and the verdict stays what it was."""

import datetime
import json

import pytest

from dicomtoprint.acceptance import causes, evaluate_study, load_protocol
from dicomtoprint.acceptance.facts.registry import is_known_fact
from dicomtoprint.cli.summaries import acceptance_summary
from dicomtoprint.config import resources
from dicomtoprint.dicom import read_study
from dicomtoprint.rules import aggregate_verdict
from Phantoms.case import PROTOCOLS
from Phantoms.catalogue import catalogue
from Phantoms.files import write_files
from Phantoms.series import put, series

SURGERY = datetime.date(2026, 5, 4)


def _judged(files, folder, change=None):
    write_files(files, folder)
    if change:
        change(folder)
    protocols = [load_protocol(name) for name in PROTOCOLS]
    return evaluate_study(read_study(folder), protocols, surgery_date=SURGERY, pixels=False)


def _cut(share):
    def change(folder):
        path = sorted(folder.iterdir())[4]
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return change


def _without(files, *indices):
    return [file for at, file in enumerate(files) if at not in indices]


CASES = {
    "cut in its pixels": (lambda: series(count=12), _cut(0.7), "files"),
    "cut in its header": (lambda: series(count=12), _cut(0.2), "files"),
    "one coronal image": (
        lambda: put(series(count=12), [5], ImageOrientationPatient=r"1\0\0\0\0\-1"), None, "one-orientation",
    ),
    "a hole": (lambda: _without(series(count=12), 5), None, "hole"),
    "another patient": (lambda: put(series(count=12), [3], PatientID="X", PatientName="B"), None, "one-patient"),
    "another matrix": (lambda: put(series(count=12), [3], PixelSpacing=r"0.7\0.7"), None, "one-matrix"),
    "gantry tilt": (lambda: series(shear=0.2), None, "gantry-tilt"),
    "a tilt in the header alone": (lambda: put(series(), GantryDetectorTilt="5"), None, "tilt-taken-out"),
    "another object": (lambda: put(series(), SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT"), None, "sop-class"),
}  # fmt: skip
NAMES = {"files": {"files-readable", "files-whole"}, "hole": {"no-hole", "contiguous"}}


@pytest.mark.parametrize("name", CASES)
def test_one_cause_is_one_line(name, tmp_path):
    make, change, root = CASES[name]
    accepted = _judged(make(), tmp_path, change)
    (result,) = accepted.series
    (cause,) = accepted.as_json()["series"][0]["causes"]
    assert cause["rule"] in NAMES.get(root, {root})
    assert cause["consequences"] or root == "one-patient"
    assert cause["severity"] == result.verdict.value == "reject"
    assert cause["level"] != "scan again" or root == "gantry-tilt"


def test_a_cut_file_is_named_on_the_terminal(tmp_path):
    accepted = _judged(series(count=12), tmp_path, _cut(0.2))
    said = acceptance_summary(accepted.for_terminal())
    assert "File I0004.dcm is cut off or damaged. To do: Copy the files again" in said
    assert "kernel" in said.split("from it:")[1] and said.count("To do:") == 1


def test_two_causes_are_two_lines(tmp_path):
    files = put(_without(series(count=12), 5), ConvolutionKernel="B70f")
    found = {cause["rule"] for cause in _judged(files, tmp_path).as_json()["series"][0]["causes"]}
    assert len(found) == 2 and "kernel" in found


@pytest.mark.parametrize("case", [case for case in catalogue() if not case.pixels and not case.conformant][::9],
                         ids=lambda case: case.id)  # fmt: skip
def test_causes_leave_the_verdict_and_fit_the_schema(case, tmp_path):
    case.write(tmp_path)
    protocols = [load_protocol(name) for name in PROTOCOLS]
    accepted = evaluate_study(read_study(tmp_path), protocols, surgery_date=case.surgery, pixels=False)
    pytest.importorskip("jsonschema").validate(
        accepted.as_json(), json.loads((resources.RESOURCE_DIR / "report/acceptance.schema.json").read_text("utf-8"))
    )
    for one in accepted.series:
        rules = {finding.rule for result in one.protocols.values() for finding in result.findings}
        tree = causes.tree({name: result.findings for name, result in one.protocols.items()})
        told = {cause["rule"] for cause in tree} | {rule for cause in tree for rule in cause["consequences"]}
        for result in one.protocols.values():
            assert result.verdict is aggregate_verdict(result.findings)
            for finding in result.findings:
                assert not causes.complains(finding) or finding.rule in told
                assert finding.follows in rules | {""}


def test_the_table_names_facts_and_goes_one_way():
    rows = causes.table()
    for row in rows:
        for fact in (row.cause, *row.explains):
            assert fact in ("*", "rules") or is_known_fact(fact), fact
    below = {row.cause: set(row.explains) for row in rows if "*" not in row.explains}

    def reached(fact, path=()):
        assert fact not in path, f"{fact} follows from itself"
        for other in below.get(fact, ()):
            reached(other, (*path, fact))

    for fact in below:
        reached(fact)
