"""An installed slicer is asked on request: its figures, its refusal, and a program that crashes, hangs or says nothing."""

import json
import os
import re
import shutil
import stat
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import CancelledError, MissingDependencyError, UsageError
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import concatenate
from dicomtoprint.pipeline.slicing import ask_slicer, validate_slicer
from dicomtoprint.printability import assess_file
from dicomtoprint.slicing import load_slicer, slice_files
from dicomtoprint.slicing.islands import count_islands
from Phantoms.solids import box

needs_posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in for a slicer is a script with a shebang")
BUILTIN = (
    Path(__file__).resolve().parents[2] / "DicomToPrint" / "dicomtoprint" / "data" / "slicers" / "prusa-slicer.json"
)
GCODE = """;LAYER_CHANGE
;TYPE:External perimeter
G1 X0 Y0 F7800
G1 X9 Y0 E1
G1 X9 Y9 E2
; filament used [cm3] = 12.5
; estimated printing time (normal mode) = 1d 2h 3m 4s
"""


def fake(folder, body, **changes):
    """A slicer's data file whose program is a script: `output` and `model` are its last two arguments."""
    program = folder / "slicer"
    script = folder / "slicer.py"
    script.write_text(f"import os, sys, time\noutput, model = sys.argv[-2:]\n{body}\n", encoding="utf-8")
    # The path of this Python may hold a space, which a first line of a script cannot.
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    content = {**json.loads(BUILTIN.read_text(encoding="utf-8")), "name": "fake", "commands": [str(program)], **changes}
    content["jobs"]["fdm"]["arguments"] = ["--layer", "{layer_mm}", "{output}", "{model}"]
    (folder / "fake.json").write_text(json.dumps(content), encoding="utf-8")
    return RunSettings(slice_with=str(folder / "fake.json"))


def written(folder, mesh=None):
    return export_meshes((mesh or box(20.0, 20.0, 10.0),), folder, "block", ("stl",))


def asked(folder, settings, mesh=None):
    files = written(folder, mesh)
    return ask_slicer(assess_file(files[0].path, settings.process), files, settings)


def finding_of(readiness):
    return next(finding for finding in readiness.findings if finding.rule == "slicer")


@needs_posix
def test_its_figures_reach_finding_json_plan_and_report(tmp_path):
    from dicomtoprint.cli.summaries import readiness_summary
    from dicomtoprint.pipeline.print_plan import build_print_plan
    from dicomtoprint.reconstruction import SurfaceModel
    from dicomtoprint.report import ReportContent, render_report

    settings = fake(tmp_path, f"open(output, 'w').write({GCODE!r})")
    readiness = asked(tmp_path, settings)
    assert (
        finding_of(readiness).message
        == "PrusaSlicer slices it: 26 h 3 min, 12.5 cm3 with supports, 1 layer, 0 islands."
    )
    assert readiness_summary(readiness.as_json()).endswith("\n  " + finding_of(readiness).message)
    told = readiness.as_json()["slicing"]
    assert (told["time_s"], told["material_cm3"], told["layers"], told["islands"]) == (93_784.0, 12.5, 1, 0)
    assert [file["file"] for file in told["files"]] == ["block.stl"]
    jsonschema = pytest.importorskip("jsonschema")
    schema = BUILTIN.parents[1] / "report" / "printability.schema.json"
    jsonschema.validate(json.loads(json.dumps(readiness.as_json())), json.loads(schema.read_text(encoding="utf-8")))
    plan = build_print_plan(settings, SurfaceModel((box(1.0, 1.0, 1.0),), ({},), (), ()), readiness)
    assert plan["slicing"] == told
    assert "PrusaSlicer says: 26 h 3 min, 12.5 cm3 with supports, layers: 1, islands: 0" in render_report(
        ReportContent(plan=plan)
    )


@needs_posix
@pytest.mark.parametrize(
    ("body", "outcome", "verdict", "words"),
    [
        (
            "print('Objects could not fit on the bed'); sys.exit(3)",
            "fail",
            "not-ready",
            "refuses block.stl: Objects could not fit",
        ),
        ("os.abort()", "ask", "warn", "ended with code"),
        ("sys.exit(0)", "ask", "warn", "wrote nothing that can be read"),
        ("open(output, 'w').close()", "ask", "warn", "wrote nothing that can be read"),
        ("open(output, 'w').write('; nothing here')", "ask", "warn", "no layers and no printing time"),
        ("open(output, 'wb').write(os.urandom(5000))", "ask", "warn", "no layers and no printing time"),
    ],
)
def test_a_refusal_is_a_finding_and_a_failure_a_question(tmp_path, body, outcome, verdict, words):
    readiness = asked(tmp_path, fake(tmp_path, body))
    finding = finding_of(readiness)
    assert finding.outcome.value == outcome and words in finding.message
    assert readiness.verdict == verdict
    assert finding.message.endswith(".") and str(tmp_path) not in finding.message and finding.remedy


@needs_posix
def test_one_that_hangs_is_stopped_with_its_children(tmp_path):
    body = "open(output + '.pid', 'w').write(str(os.getpid()))\nif os.fork() == 0: time.sleep(60)\ntime.sleep(60)"
    start = time.monotonic()
    finding = finding_of(asked(tmp_path, fake(tmp_path, body, timeout_s=0.5)))
    assert time.monotonic() - start < 10.0
    assert "gave no answer in 0.5 s and was stopped" in finding.message


@needs_posix
def test_it_is_stopped_where_the_user_stops(tmp_path):
    settings = fake(tmp_path, "time.sleep(60)")

    def progress(fraction, phrase):
        if phrase == "waiting for the slicer":
            raise CancelledError("stopped")

    profile = load_slicer(settings.slice_with)
    with pytest.raises(CancelledError):
        slice_files([written(tmp_path)[0].path], profile, profile.jobs["fdm"], {}, progress)


@needs_posix
def test_a_warning_is_told(tmp_path):
    body = f"print('print warning: Empty layer between 2.15 and 6.35.')\nopen(output, 'w').write({GCODE!r})"
    assert "It warns: Empty layer between 2.15 and 6.35." in finding_of(asked(tmp_path, fake(tmp_path, body))).message


def test_nothing_is_asked_unless_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", None)
    files = written(tmp_path)
    readiness = assess_file(files[0].path)
    assert ask_slicer(readiness, files, RunSettings()) is readiness
    assert RunSettings().slice_with is None and "slicing" not in readiness.as_json()


def test_a_slicer_that_is_missing_unknown_or_not_for_the_process_is_told_at_once(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="cura-but-not-here"):
        validate_slicer(RunSettings(slice_with="cura-but-not-here"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match=r"was not found on this computer .* leave --slice-with out"):
        validate_slicer(RunSettings(slice_with="prusa-slicer"))
    with pytest.raises(UsageError, match="asked for fdm, sla only, not for sls"):
        validate_slicer(RunSettings(slice_with="prusa-slicer", process="sls"))
    (tmp_path / "broken.json").write_text('{"name": "x"}', encoding="utf-8")
    with pytest.raises(UsageError, match=r"broken\.json, line 1: the field 'schema' is missing"):
        validate_slicer(RunSettings(slice_with=str(tmp_path / "broken.json")))


def test_the_command_answers_before_it_reads_the_scan(tmp_path, monkeypatch, capsys):
    from dicomtoprint.cli.main import main

    (tmp_path / "scan").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = ["run", str(tmp_path / "scan"), "--output", str(tmp_path / "out"), "--slice-with", "prusa-slicer"]
    assert main(arguments) == 2
    assert "PrusaSlicer was not found" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_the_slicers_are_listed(capsys):
    from dicomtoprint.cli.main import main

    assert main(["list", "slicers"]) == 0
    assert capsys.readouterr().out.split() == ["prusa-slicer", "PrusaSlicer"]


def loop(x, y, size, z):
    corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]
    moves = [f"G1 X{x} Y{y} F7800"] + [f"G1 X{a} Y{b} E{z + (n + 1) / 10.0}" for n, (a, b) in enumerate(corners[1:])]
    return [";TYPE:External perimeter", *moves]


def test_islands_are_outer_loops_with_nothing_of_the_model_below():
    marks = load_slicer("prusa-slicer").jobs["fdm"].islands
    support = [line.replace("External perimeter", "Support material") for line in loop(50.0, 0.0, 8.0, 0.0)]
    layers = [
        [*loop(0.0, 0.0, 20.0, 1.0), *support],
        [*loop(0.3, 0.3, 19.4, 2.0), *loop(50.0, 0.0, 8.0, 2.5), *loop(50.5, 0.5, 7.0, 2.8)],
        [*loop(0.3, 0.3, 19.4, 4.0), *loop(50.0, 0.0, 8.0, 4.5), *loop(80.0, 0.0, 3.0, 5.0)],
    ]
    lines = [line for layer in layers for line in (";LAYER_CHANGE", *layer)]
    assert count_islands(lines, marks) == 2, "one over a support, its two loops counted once, and one in the air"
    assert count_islands([";LAYER_CHANGE", *layers[0]], marks) == 0


@pytest.fixture(scope="module")
def prusa():
    if shutil.which("prusa-slicer") is None:
        pytest.skip("prusa-slicer is not installed here")
    return RunSettings(slice_with="prusa-slicer")


def test_prusa_slicer_tells_time_material_layers_and_islands(prusa, tmp_path):
    table = concatenate(
        [box(4.0, 4.0, 10.0), box(4.0, 4.0, 4.0, (12.0, 0.0, 6.0)), box(16.0, 4.0, 2.0, (0.0, 0.0, 9.0))]
    )
    readiness = asked(tmp_path, prusa, table)
    told = readiness.as_json()["slicing"]
    assert finding_of(readiness).outcome.value == "pass", finding_of(readiness).message
    assert told["time_s"] > 60.0
    assert 54 <= told["layers"] <= 80, "11 mm in layers of 0.2 mm, and those of supports between"
    assert 0.2 < told["material_cm3"] < 2.0
    assert told["islands"] == 1, "the block that hangs beside the leg"


def test_prusa_slicer_s_refusals_are_findings(prusa, tmp_path):
    large = asked(tmp_path, replace(prusa, printer="fdm-200"), box(250.0, 20.0, 5.0))
    assert large.verdict == "not-ready" and "Objects could not fit on the bed" in finding_of(large).message
    tiny = finding_of(asked(tmp_path, prusa, box(0.05, 0.05, 0.05)))
    assert "refuses block.stl: No layers were detected" in tiny.message
    gap = concatenate([box(10.0, 10.0, 2.0), box(10.0, 10.0, 2.0, (0.0, 0.0, 6.0))])
    assert "block.stl" not in finding_of(asked(tmp_path, prusa, gap)).message


def test_prusa_slicer_as_resin_printer(prusa, tmp_path):
    readiness = asked(tmp_path, replace(prusa, process="sla"), box(5.0, 5.0, 1.0))
    told = readiness.as_json()["slicing"]
    assert told["layers"] > 10 and told["time_s"] > 10.0 and told["islands"] is None
    assert np.isfinite(told["material_cm3"]) and "islands" not in finding_of(readiness).message


def test_prepare_asks_it_and_replays_to_the_byte(prusa, tmp_path, capsys):
    from dicomtoprint.cli.main import main
    from Phantoms.solids import write_stl

    pytest.importorskip("manifold3d", reason="preparation needs manifold3d")
    source, out = tmp_path / "block.stl", tmp_path / "out"
    write_stl(source, box(20.0, 20.0, 6.0))
    assert main(["prepare", str(source), "--output", str(out), "--base", "--slice-with", prusa.slice_with]) == 0
    terminal = capsys.readouterr().out
    told = json.loads((out / "printability.json").read_text(encoding="utf-8"))["slicing"]
    assert told["time_s"] > 60.0 and told["layers"] > 20
    assert json.loads((out / "plan.json").read_text(encoding="utf-8"))["slicing"] == told
    printing_time = re.search(r"PrusaSlicer slices it: (\d+ h \d+ min)", terminal).group(1)
    assert f"PrusaSlicer says: {printing_time}" in (out / "report.html").read_text(encoding="utf-8")
    again = ["replay", str(out / "record.json"), "--input", str(source), "--output", str(tmp_path / "again")]
    assert main(again) == 0 and capsys.readouterr().out.count("the same to the byte") == 2
