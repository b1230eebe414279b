"""Arguments: what is refused and with which exit code, and that settings survive their command line."""

import json
import os

import pytest

from dicomtoprint.cli import parser
from dicomtoprint.cli.main import main
from dicomtoprint.cli.settings_from_args import settings_from_args
from dicomtoprint.config.run_settings import RunSettings
from Phantoms.command_line import sentence_of


def test_help_and_list(capsys):
    assert main(["--help"]) == 0
    assert "examples:" in capsys.readouterr().out
    for kind, name in (
        ("protocols", "3dsystems-ortho"),
        ("anatomy", "bone"),
        ("processes", "fdm"),
        ("printers", "sla"),
        ("uses", "general"),
    ):
        assert main(["list", kind]) == 0
        out = capsys.readouterr().out
        assert name in out
        assert "schema" not in out.split()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["check", "x", "--surgery-date", "tomorrow"],
        ["check", ".", "--answer", "motion"],
        ["bogus"],
        ["run", ".", "--output", "o", "--cut", "X=3"],
        ["run", ".", "--output", "o", "--seed", "1,2"],
        ["run", ".", "--output", "o", "--format", "step"],
        ["run", ".", "--output", "o", "--thicken", "-1"],
        ["run", ".", "--output", "o", "--use", "no-such-use"],
        ["run", ".", "--output", "o", "--anatomy", "no-such-anatomy"],
        ["run", ".", "--output", "o", "--process", "no-such-process"],
        ["check", ".", "--protocol", "no-such-protocol"],
        ["run", ".", "--output", "o", "--printer", "0x0x0"],
        ["run", ".", "--output", "o", "--magnets", "3"],
        ["run", ".", "--output", "o", "--magnets", "3x2"],
        ["run", ".", "--output", "o", "--pins"],
        ["run", ".", "--output", "o", "--keep", "R", "--cut", "S=3"],
        ["run", ".", "--output", "o", "--keep", "front", "--cut", "S=3"],
        ["run", ".", "--output", "o", "--avoid", "0,0,0", "--cut", "S=3"],
        ["run", ".", "--output", "o", "--plane", "0,0,0,0,0,0"],
        ["run", ".", "--output", "o", "--label", ""],
        ["run", ".", "--output", "o", "--label", "骨"],
        ["run", ".", "--output", "o", "--label-at", "0,0,0"],
        ["run", ".", "--output", "o", "--escape", "0,0,0"],
    ],
)
def test_wrong_usage_is_exit_2(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    sentence_of(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("cut", "told"),
    [("Q=3", "takes R=MM, A=MM or S=MM, not 'Q=3'"), ("rs=3", "not 'rs=3'"), ("S=deep", "takes a number, not 'deep'")],
)
def test_a_cut_that_cannot_be_is_told_whole(cut, told, capsys):
    assert main(["run", ".", "--output", "o", "--cut", cut]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("name", ["empty", "jpegs", "missing", "file"])
def test_input_without_images_is_exit_3(name, tmp_path, capsys):
    source, output = tmp_path / name, tmp_path / "out"
    if name != "missing" and name != "file":
        source.mkdir()
    if name == "jpegs":
        for number in range(3):
            (source / f"{number}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + os.urandom(4000))
    if name == "file":
        source.write_text("not a DICOM file", encoding="utf-8")
    for arguments in (["check", str(source)], ["run", str(source), "--output", str(output)]):
        assert main(arguments) == 3
        assert name in sentence_of(capsys)
    assert not output.exists() or list(output.iterdir()) == []


def test_volumes_in_a_folder_and_a_missing_segmentation_are_told_at_once(tmp_path, capsys):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "head.nii.gz").write_bytes(b"")
    assert main(["run", str(tmp_path / "scans"), "--output", str(tmp_path / "out")]) == 3
    told = sentence_of(capsys)
    assert "(1 file)" in told and "one of its volume files itself" in told
    missing = ["--segmentation", str(tmp_path / "labels.nii")]
    assert main(["run", str(tmp_path / "scans"), "--output", str(tmp_path / "out"), *missing]) == 3
    assert sentence_of(capsys).startswith("dicom_to_print: labels.nii was not found")


def test_negative_coordinates_are_values_not_options():
    parsed = parser.build_parser().parse_args(
        parser.join_negative_values(["run", "x", "--output", "y", "--seed", "-10,2.5,-3", "--threshold", "-200,300"])
    )
    settings = settings_from_args(parsed)
    assert settings.seeds == ((-10.0, 2.5, -3.0),)
    assert settings.seeds_lps == ((10.0, -2.5, -3.0),)
    assert settings.threshold == (-200.0, 300.0)


def test_formats_may_be_listed_or_repeated():
    for given in (["--format", "stl,OBJ", "--format", "ply"], ["--format", "stl, obj,stl,ply"]):
        parsed = parser.build_parser().parse_args(["run", "x", "--output", "y", *given])
        assert settings_from_args(parsed).formats == ("stl", "obj", "ply")


def test_settings_survive_their_command_line():
    from dicomtoprint.config.run_settings import run_settings_from_json, to_cli_args

    settings = RunSettings(
        use="dental",
        seeds=((-1.0, 2.0, 3.5),),
        threshold=(150.0 + 1.0 / 3.0, None),
        cuts=(("R", -1043.2567), ("S", 10.0)),
        answers=(("motion-blur", "yes"),),
        split=True,
        pins=True,
        thicken=1.2,
        oblique_cuts=((-1.0, 2.0, 3.0, 0.0, 0.6, 0.8),),
        kept_sides=("S", "front"),
        drain_hole_positions=((-4.0, 5.0, 6.0),),
        escape_holes=2,
        magnets=(5.0, 2.5),
        base=True,
        base_kind="stand",
        label_at=(-1.0, -2.0, 3.0),
        scale_bar=20.0,
        formats=("stl", "ply"),
        check_pixels=False,
        roi=(-5.0, 5.0, -6.0, 6.0, 0.0, 10.0),
        accept_anyway="teaching only",
    )
    parsed = parser.build_parser().parse_args(
        parser.join_negative_values(["run", "in", "--output", "out", *to_cli_args(settings)])
    )
    assert settings_from_args(parsed) == settings
    assert run_settings_from_json(json.loads(json.dumps(settings.as_json()))) == settings


def test_a_command_is_quoted_for_the_shell_of_the_system(monkeypatch):
    from dicomtoprint.config import run_settings

    wanted = run_settings.RunSettings(label="Left hip", cuts=(("S", -1043.2567),))
    assert run_settings.to_command_line("a b", "out", wanted).endswith(
        "'a b' --output out --cut S=-1043.2567 --label 'Left hip'"
    )
    monkeypatch.setattr(run_settings.os, "name", "nt")
    assert run_settings.to_command_line("a b", "out", wanted, r"C:\x y\d.py") == (
        r'python "C:\x y\d.py" run "a b" --output out --cut S=-1043.2567 --label "Left hip"'
    )
