"""Every set of real scans gets the verdicts and the clauses of its MANIFEST, or a difference that is argued here."""

import itertools
import re
from collections import defaultdict
from pathlib import Path

import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.dicom import read_study
from dicomtoprint.errors import InputError
from dicomtoprint.rules import Verdict

PROTOCOLS = ("3dsystems-ortho", "exoplan-import")

# Clauses that say again what a clause of the MANIFEST says: the reference lists one name for both.
SAME_FACT = {
    "I17": "the E row of the attribute, under the orthopaedic protocol",
    "O20a": "E-TS",
    "O04": "O08a, O08b or O22: a thick series is no 3D routine",
    "O08d": "I08: a hole is no contiguous series",
    "E-Tilt-CT": "O12a and O12b",
    "E-Tilt-ECT": "O12a and O12b",
    "E-CART": "O12b or I09: a sheared or mixed grid is not Cartesian",
    "E-NumberOfFrames": "I12",
    "E-SOPInstanceUID": "I04: the instance is not that of the file meta information",
    "E-PixelData": "I03, or pixel data as OB, which the catalogue warns of",
    "O11": "O10, O24 or O25; it speaks of the study, the MANIFEST of single series",
    "O08c": "I07 or O08b: the spacing left after repeated positions are counted once",
}
# Sets that other rooms read; nothing there has a verdict to hold.
WITHOUT_VERDICTS = {"reported", "reported_meshes"}
# The reference stops at I06 where no slice has a position; we list each attribute that is missing, too.
WITHOUT_PLANE = {"E-IPP", "E-IOP", "E-Rows", "E-Columns", "E-PixelSpacing", "E-HighBit", "E-Rescale"}

# (path, clause): (the outcome here, why it is right).
ARGUED = {
    ("philips_exam_summary_sc", "O01"): ("reject", "a secondary capture is no CT object, whatever its Modality says"),
    ("dicomdir_fileset/77654033/CT2", "O15"): (
        "reject",
        "its acquisition times pause for 121 s (slices between were removed)",
    ),
    ("dicomdir_fileset/98892001/CT2N", "O10"): ("reject", "both localizers lie 90 degrees off the axial plane"),
    ("dicomdir_fileset/98892003/MR700", "O12b"): (
        "reject",
        "seven projections about one axis do not lie along their normal",
    ),
    ("dicomdir_fileset/98892003/MR700", "O08d"): (
        "warn",
        "no gap is 1.5 times the median; with turning planes it depends on the plane that is taken for reference",
    ),
    ("dicomdir_fileset/98892003/MR2", "I07"): (
        "reject",
        "one of its three planes lies at the place of another along the normal",
    ),
    ("dicomdir_fileset/98892003/MR2", "I08"): ("reject", "three crossing planes have no even gaps"),
    ("malformed/badVR", "I00"): (
        None,
        "the reference could not read it; here the RT dose is read and each fault is named",
    ),
}
READ_HERE = {"malformed/badVR"}


def _rows():
    """Path -> list of (verdicts, clauses) as the MANIFEST has them; empty without the scans."""
    import os

    manifest = Path(os.environ.get("DICOM_TO_PRINT_DATA", ""), "MANIFEST.md")
    if not manifest.is_file():
        return {}
    rows = defaultdict(list)
    section = ""
    for line in manifest.read_text(encoding="utf-8").splitlines():
        section = line[3:].strip() if line.startswith("## ") else section
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[0] in ("set", "path") or cells[0].startswith("---"):
            continue
        if section in WITHOUT_VERDICTS:
            continue
        path = "/".join(part for part in (section, cells[0]) if part not in ("", "."))
        verdicts, clauses = (cells[-2], cells[-1]) if not section else (cells[1], cells[2])
        for verdict, named in itertools.zip_longest(verdicts.split(";"), clauses.split(";"), fillvalue=""):
            if re.fullmatch(r"\s*[A-Z]+ / [A-Z]+\s*", verdict or ""):
                rows[path].append((tuple(verdict.strip().lower().split(" / ")), _clauses(named)))
            elif verdict.strip() == "not an image":
                rows[path].append((None, {}))
    return dict(rows)


def _clauses(text):
    found = dict(part.strip().split(":") for part in text.split(",") if ":" in part)
    return {("I15" if clause == "O27" else clause): outcome for clause, outcome in found.items()}


ROWS = _rows()


def _judged(path):
    protocols = [load_protocol(name) for name in PROTOCOLS]
    accepted = evaluate_study(read_study(path), protocols, pixels=False)
    result = []
    for one in accepted.series:
        clauses = {}
        for protocol in one.protocols.values():
            for finding in protocol.findings:
                if finding.verdict is not Verdict.ACCEPT:
                    clauses[finding.clause] = max(
                        clauses.get(finding.clause, Verdict.ACCEPT), finding.verdict, key=lambda verdict: verdict.rank
                    )
        result.append(
            (
                tuple(one.protocols[name].verdict.value for name in PROTOCOLS),
                {clause: verdict.value for clause, verdict in clauses.items()},
            )
        )
    return result


def _differences(path, wanted, found):
    argued = {clause for (where, clause) in ARGUED if where == path}
    problems = [
        f"{clause}: MANIFEST {outcome}, here {found.get(clause)}"
        for clause, outcome in wanted.items()
        if found.get(clause) != outcome and clause not in argued
    ]
    for clause, outcome in found.items():
        if clause in wanted or clause in SAME_FACT or clause in argued:
            continue
        if not ("I06" in wanted and clause in WITHOUT_PLANE):
            problems.append(f"{clause}: {outcome} here, not in the MANIFEST")
    return problems


@pytest.mark.parametrize("path", [path for path, rows in ROWS.items() if rows[0][0] is not None])
def test_set_gets_the_verdicts_and_clauses_of_its_manifest(path, data_dir):
    found = _judged(data_dir / path)
    assert sorted(verdicts for verdicts, _ in found) == sorted(verdicts for verdicts, _ in ROWS[path])
    if path in READ_HERE:
        return
    # The MANIFEST does not say which row is which series: the assignment with the fewest differences counts.
    best = min(
        (
            [_differences(path, wanted, clauses) for (_, wanted), (_, clauses) in zip(order, found)]
            for order in itertools.permutations(ROWS[path])
        ),
        key=lambda listed: sum(map(len, listed)),
    )
    assert [problem for problems in best for problem in problems] == []


@pytest.mark.parametrize("path", [path for path, rows in ROWS.items() if rows[0][0] is None])
def test_what_is_no_image_is_never_accepted(path, data_dir):
    try:
        found = _judged(data_dir / path)
    except InputError as told:
        assert str(told).endswith(".")
        return
    # A DICOMDIR stands for the files that it names.
    assert Path(path).name == "DICOMDIR"
    assert all("accept" not in verdicts for verdicts, _ in found)


@pytest.mark.parametrize("where", sorted({path for path, _ in ARGUED}))
def test_argued_differences_are_real(where, data_dir):
    outcomes = [clauses for _, clauses in _judged(data_dir / where)]
    for (path, clause), (outcome, why) in ARGUED.items():
        if path == where:
            assert why
            assert outcome is None or any(clauses.get(clause) == outcome for clauses in outcomes)


def test_whole_folders_of_broken_files_neither_crash_nor_pass(data_dir):
    for name in ("malformed", "dicomdir_fileset"):
        assert all("accept" not in verdicts and "warn" not in verdicts for verdicts, _ in _judged(data_dir / name))
