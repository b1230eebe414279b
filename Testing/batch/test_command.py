"""The command as a user gives it: whole runs in their children, and everything else with children that do as they are told."""

import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from dicomtoprint.batch import folder
from dicomtoprint.cli import batch_command
from dicomtoprint.cli.main import main
from Phantoms.ball_scan import ball_scan
from Phantoms.files import write_files
from Phantoms.phi_leak import NAME, NUMBER, heard
from Phantoms.series import put
from Phantoms.solids import box, write_stl

from .conftest import starts


@pytest.fixture
def inputs(tmp_path):
    """A folder named after a patient, with a scan of his, and a broken one."""
    files = put(
        ball_scan(), PatientName=f"{NAME}^A", PatientID=NUMBER, StudyDescription=NAME, ReferringPhysicianName=NAME
    )
    write_files(files, tmp_path / "in" / NAME)
    (tmp_path / "in" / f"{NAME}2").mkdir()
    (tmp_path / "in" / f"{NAME}2" / "a.dcm").write_bytes(b"no image")
    return [str(path) for path in sorted((tmp_path / "in").iterdir())]


def test_whole_cases_run_and_no_patient_is_named(inputs, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["batch", *inputs, "--output", str(out), "--threshold", "300", "--format", "stl", "--no-pixels"]
    assert main(arguments) == 3
    assert "1 ready, 1 unreadable" in capsys.readouterr().out
    status = json.loads((out / "status.json").read_text(encoding="utf-8"))
    ready, unreadable = sorted(status["cases"], key=lambda case: case["verdict"])
    assert ready["verdict"] == "ready"
    assert (out / ready["report"]).is_file()
    assert (out / ready["thumbnail"]).read_bytes().startswith(b"\x89PNG")
    assert unreadable["reason"].startswith("The input holds no image series")
    single = tmp_path / "single"
    alone = ["run", inputs[0], "--output", str(single), *arguments[-5:]]
    assert main(alone) == 0
    assert (single / "bone.stl").read_bytes() == (out / ready["report"]).with_name("bone.stl").read_bytes()
    outcome = json.loads((folder.case_folder(out, ready["case"]) / "case.json").read_text(encoding="utf-8"))
    assert outcome["scan"]["scanner"] == "SIEMENS SOMATOM Definition AS"
    assert (outcome["scan"]["kernel"], outcome["scan"]["month"]) == ("H30s", "2026-03")
    for path in [
        path for path in out.rglob("*") if path.is_file() and path.suffix in (".json", ".html", ".csv", ".js")
    ]:
        assert not heard(str(path.relative_to(out)) + path.read_text(encoding="utf-8")), path.name
    capsys.readouterr()
    assert main([*arguments, "--list"]) == 0
    assert inputs[0] in capsys.readouterr().out


def test_rows_of_meshes_are_prepared_as_the_command_does(tmp_path, capsys):
    """Its bytes, its own options from the row, and none of `run` from the command line; a file that is missing costs its row."""
    pytest.importorskip("manifold3d", reason="preparation needs manifold3d")
    write_stl(tmp_path / "block.stl", box(30.0, 20.0, 12.0))
    rows = "input,case,command,process,label\nblock.stl,block,prepare,fdm,R1\ngone.stl,gone,prepare,,\n"
    (tmp_path / "cases.csv").write_text(rows, encoding="utf-8")
    out, single = tmp_path / "out", tmp_path / "single"
    assert main(["batch", str(tmp_path / "cases.csv"), "--output", str(out), "--threshold", "300"]) == 3
    status = json.loads((out / "status.json").read_text(encoding="utf-8"))
    cases = {case["case"]: case for case in status["cases"]}
    assert cases["gone"]["verdict"] == "unreadable"
    assert cases["block"]["verdict"] in ("ready", "warn")
    alone = ["prepare", str(tmp_path / "block.stl"), "--output", str(single), "--process", "fdm", "--label", "R1"]
    assert main(alone) == 0
    assert (single / "model.stl").read_bytes() == (out / cases["block"]["report"]).with_name("model.stl").read_bytes()


@pytest.fixture
def told(monkeypatch, make_child):
    """Maker of the command's children from the body of what they do."""

    def make(what: str) -> None:
        monkeypatch.setattr(batch_command, "ENTRY", make_child(what))

    return make


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((("ready", 0), ("warn", 0)), 0),
        ((("ready", 0), ("not-ready", 1)), 1),
        ((("ready", 0), ("ask", 4)), 1),
        ((("failed", 70), ("reject", 1)), 1),
        ((("unreadable", 3), ("reject", 1)), 3),
        ((("failed", 5), ("unreadable", 3)), 5),
    ],
)
def test_exit_codes(inputs, tmp_path, told, capsys, verdicts, code):
    table = tmp_path / "cases.csv"
    table.write_text(f"input,case\n{inputs[0]},a\n{inputs[1]},b\n", encoding="utf-8")
    told(f"finish(*dict(zip('ab', {verdicts!r}))[case.name])")
    assert main(["batch", str(table), "--output", str(tmp_path / "out")]) == code
    assert main(["batch", str(table), "--output", str(tmp_path / "out")]) == code
    assert "0 of them finished now" in capsys.readouterr().out
    assert sorted(starts(tmp_path / "out")) == ["a", "b"]


def test_failed_cases_run_again_on_request_only(inputs, tmp_path, told):
    out = ["--output", str(tmp_path / "out")]
    told("finish('failed', 70)")
    assert main(["batch", inputs[0], *out]) == 1
    told("finish()")
    assert main(["batch", inputs[0], *out]) == 1
    assert main(["batch", inputs[0], *out, "--retry-failed"]) == 0
    assert len(starts(tmp_path / "out")) == 2


def test_the_page_alone_is_written_again(inputs, tmp_path, told):
    out = tmp_path / "out"
    told("finish()")
    assert main(["batch", inputs[0], "--output", str(out)]) == 0
    (out / "index.html").unlink()
    assert main(["batch", "--output", str(out)]) == 0
    assert '"ready"' in (out / "index.html").read_text(encoding="utf-8")


def batch_script(entry, inputs, root) -> str:
    """The command with children of the test, for a process of its own."""
    return (
        f"import sys; sys.path[0:0] = {[str(path) for path in sys.path]!r}\n"
        f"from pathlib import Path\nfrom dicomtoprint.cli import batch_command, main\n"
        f"batch_command.ENTRY = Path({str(entry)!r})\n"
        f"sys.exit(main.main(['batch', *{inputs!r}, '--output', {str(root)!r}, '--jobs', '2']))"
    )


def test_two_batches_on_one_folder_share_the_work(inputs, tmp_path, make_child, root):
    """Both end with all cases finished, and each case was started to be made by one of them only."""
    cases = []
    for number in range(6):
        shutil.copytree(inputs[0], tmp_path / "many" / f"scan{number}")
        cases.append(str(tmp_path / "many" / f"scan{number}"))
    entry = make_child("""
from filelock import FileLock, Timeout
try:
    with FileLock(own / folder.LOCK).acquire(timeout=0):
        if not folder.is_finished(case, folder.read_outcome(own)):
            with open(root / "made", "a") as made:
                made.write(case.name + "\\n")
            time.sleep(0.3)
            finish()
except Timeout:
    sys.exit(75)""")
    both = [subprocess.Popen([sys.executable, "-c", batch_script(entry, cases, root)]) for _ in range(2)]
    assert [one.wait(120) for one in both] == [0, 0]
    made = (root / "made").read_text(encoding="utf-8").split()
    assert len(made) == len(set(made)) == 6


def test_an_interrupted_batch_ends_its_children_and_goes_on_later(inputs, tmp_path, make_child, root):
    entry = make_child("time.sleep(600)")
    process = subprocess.Popen([sys.executable, "-c", batch_script(entry, inputs, root)])
    end = time.monotonic() + 60
    while len(starts(root)) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 130
    make_child("finish()")
    assert subprocess.run([sys.executable, "-c", batch_script(entry, inputs, root)]).returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scene"], "no scenes"),
        (["--jobs", "0"], "no number"),
        (["--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"], "--jobs"),
    ],
)
def test_options_that_make_no_sense(inputs, tmp_path, capsys, options, said):
    assert main(["batch", inputs[0], "--output", str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_no_batch_is_refused(inputs, tmp_path, capsys):
    (tmp_path / "batch.json").write_text("[]", encoding="utf-8")
    assert main(["batch", inputs[0], "--output", str(tmp_path)]) == 3
    assert "no folder of a batch" in capsys.readouterr().err
