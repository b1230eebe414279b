"""Inputs to cases: archives split into studies without losing a file, tables, and answers that may not be given for all."""

import shutil

import pytest

from dicomtoprint.batch import folder
from dicomtoprint.batch.case import CaseOutcome
from dicomtoprint.batch.fingerprint import stat_hash
from dicomtoprint.batch.inputs import CaseRequest, cases_of
from dicomtoprint.batch.studies import split_into_studies
from dicomtoprint.cli.main import main
from Phantoms.files import uid, write_files
from Phantoms.series import put, series


def study(name: str):
    """Files of seven slices of 32 x 32; names of studies differ, names of files do not."""
    return series("classic", name)


@pytest.fixture
def archive(tmp_path):
    """Three studies: one in a folder of its own, two among one another, and files that name none."""
    top = tmp_path / "archive"
    write_files(study("a"), top / "a")
    for name in ("b", "c"):
        for file in study(name):
            file.name = f"{name}{file.name}"
            write_files([file], top / "mixed")
    (top / "a" / "broken.dcm").write_bytes(b"\x00" * 2000)
    (top / "mixed" / "broken.dcm").write_bytes(b"\x00" * 2000)
    return top


def cases(source, root, name="", command="run"):
    return list(cases_of(CaseRequest(str(source), command, (), "s", name), root, folder.read_key(root)))


def test_an_archive_is_split_and_no_file_is_lost(archive, root):
    made = cases(archive, root)
    assert len(made) == 4
    own, *mixed = made
    assert (own.source, own.files) == (str(archive / "a"), ())
    assert sorted(len(case.files) for case in mixed) == [1, 7, 7]
    named = [file for case in mixed for file in case.files] + [str(path) for path in (archive / "a").iterdir()]
    assert sorted(named) == sorted(str(path) for path in archive.rglob("*") if path.is_file())
    assert [case.voxels for case in made] == [7 * 32 * 32] * 3 + [0]
    assert [case.name for case in cases(archive, root)] == [case.name for case in made]


def test_a_study_keeps_its_name_when_the_archive_grows(tmp_path, root):
    write_files(study("b"), tmp_path / "archive" / "b")
    (first,) = cases(tmp_path / "archive", root)
    write_files(study("a"), tmp_path / "archive" / "a")
    assert first in cases(tmp_path / "archive", root)
    (named,) = cases(tmp_path / "archive" / "a", root, name="p1")
    assert named.name == "p1"
    several = cases(tmp_path / "archive", root, name="p1")
    assert len({case.name for case in several}) == 2
    assert all(case.name.startswith("p1-") for case in several)


def test_the_largest_series_counts(tmp_path):
    scout = put(series("classic", "a", count=2), SeriesInstanceUID=uid("scout"))
    for number, file in enumerate(scout):
        file.name = f"scout{number}.dcm"
    write_files([*study("a"), *scout], tmp_path / "a")
    (one,) = split_into_studies(tmp_path / "a")
    assert one.voxels == 7 * 32 * 32


def test_a_folder_of_one_study_is_one_case(tmp_path, root):
    write_files(study("a"), tmp_path / "scan")
    (tmp_path / "scan" / "README.TXT").write_text("made by a scanner", encoding="utf-8")
    (case,) = cases(tmp_path / "scan", root)
    assert (case.source, case.files) == (str(tmp_path / "scan"), ())
    (none,) = cases(tmp_path / "missing", root)
    assert none.voxels == 0


@pytest.mark.parametrize(("verdict", "voxels"), [("ready", 0), ("failed", 7 * 32 * 32)])
def test_headers_are_read_again_of_what_may_run_again_only(tmp_path, root, verdict, voxels):
    write_files(study("a"), tmp_path / "scan")
    (case,) = cases(tmp_path / "scan", root)
    found = {"stat": stat_hash(case)}
    own = folder.case_folder(root, case.name)
    folder.write_outcome(own, CaseOutcome(case.name, verdict, 0, input=found, settings_sha256="s"))
    assert [one.voxels for one in cases(tmp_path / "scan", root)] == [voxels]


def test_names_tell_nothing_without_the_key(tmp_path, root):
    folder.open_batch_folder(tmp_path / "other")
    source = tmp_path / "MUELLER"
    write_files(study("a"), source)
    (one,), (other,) = cases(source, root), cases(source, tmp_path / "other")
    assert one.name != other.name
    shutil.rmtree(tmp_path / "other")


@pytest.fixture
def table(tmp_path):
    """Maker of a table beside an input that is named ``scan``."""
    write_files(study("a"), tmp_path / "scan")

    def make(text: str):
        path = tmp_path / "cases.csv"
        path.write_text(text, encoding="utf-8-sig")
        return path

    return make


def listed(table, tmp_path, capsys, *options):
    code = main(["batch", str(table), "--output", str(tmp_path / "out"), "--list", *options])
    return code, capsys.readouterr()


def test_a_table_gives_each_case_its_options(table, tmp_path, root):
    from dicomtoprint.cli import batch_command
    from dicomtoprint.cli.parser import build_parser

    own = tmp_path / "bone.json"
    own.write_text("{}", encoding="utf-8")
    path = table(
        "case;input;use;base;answer;anatomy\n"
        "p1;scan;dental;yes;motion-blur=yes|issuer-consulted=no;\n"
        "p2;scan;;no;;bone.json\n"
    )
    options = build_parser().parse_args(["batch", str(path), "--output", str(root), "--process", "sla"])
    first, second = batch_command._requests(options)
    assert (first.name, second.name) == ("p1", "p2")
    assert first.options == (
        *("--use", "dental", "--process", "sla"),
        *("--answer", "motion-blur=yes", "--answer", "issuer-consulted=no", "--base"),
    )
    assert second.options == ("--anatomy", str(own), "--process", "sla")
    assert first.settings_sha256 != second.settings_sha256


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("use\nresearch\n", "input"),
        ("input,use\n,research\n", "Line 2"),
        ("input,colour\nscan,red\n", "--colour"),
        ("input,base\nscan,perhaps\n", "yes or no"),
        ("input,case\nscan,../../etc\n", "letters, digits"),
        ("input,case\nscan,a\nscan,a\n", "twice"),
        ("input,command\nscan,erase\n", "run or prepare"),
        ("input\nscan,x\n", "more cells"),
        ("input,hollow\nscan,minus\n", "Line 2"),
    ],
)
def test_a_wrong_table_is_told_with_its_line(table, tmp_path, capsys, text, said):
    code, told = listed(table(text), tmp_path, capsys)
    assert code == 2
    assert said in told.err


@pytest.mark.parametrize("use", ["surgical-planning", "fracture", "dental", "implant", "legal"])
@pytest.mark.parametrize("option", [["--accept-anyway", "trial"], ["--answer", "motion-blur=yes"]])
def test_answers_for_all_cases_are_refused_for_the_strict_uses(table, tmp_path, capsys, use, option):
    code, told = listed(table("input\nscan\n"), tmp_path, capsys, "--use", use, *option)
    assert code == 2
    assert "columns of a table" in told.err
    code, told = listed(table(f"input,use\nscan,{use}\n"), tmp_path, capsys, *option)
    assert code == 2
    assert not (tmp_path / "out").exists()


def test_the_checklist_of_the_anatomy_is_never_answered_for_all_models_at_once(table, tmp_path, capsys):
    code, told = listed(table("input\nscan\n"), tmp_path, capsys, "--answer", "anatomy-included=yes")
    assert code == 2
    assert "column of a table" in told.err
    assert listed(table("input,answer\nscan,anatomy-included=yes\n"), tmp_path, capsys)[0] == 0
    assert listed(table("input\nscan\n"), tmp_path, capsys, "--answer", "motion-blur=yes")[0] == 0


def test_answers_of_one_case_are_its_own(table, tmp_path, capsys):
    text = "input,use,accept-anyway,answer\nscan,dental,seen by the surgeon,motion-blur=yes\n"
    assert listed(table(text), tmp_path, capsys)[0] == 0
    assert listed(table("input\nscan\n"), tmp_path, capsys, "--use", "research", "--accept-anyway", "trial")[0] == 0
