"""`--viewer` and `--pdf` of a run: written beside the report, or one sentence before any work."""

import importlib.util

import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.errors import MissingDependencyError
from dicomtoprint.io import export_meshes
from dicomtoprint.report import pdf
from Phantoms import printed_parts


@pytest.fixture
def mesh(tmp_path):
    export_meshes([printed_parts.ball()], tmp_path, "ball", ("stl",), space=None)
    return tmp_path / "ball.stl"


def test_a_run_leaves_the_page_that_turns_and_the_pdf(mesh, tmp_path):
    pytest.importorskip("k3d", reason="the viewer's package k3d is not installed")
    try:
        pdf.find_browser()
    except MissingDependencyError as error:
        pytest.skip(f"no browser: {error}")
    arguments = ["prepare", str(mesh), "--output", str(tmp_path / "out"), "--format", "stl", "--quiet"]
    assert main([*arguments, "--viewer", "--pdf"]) == 0
    page = (tmp_path / "out" / "model.html").read_text(encoding="utf-8")
    assert "<title>The model for printing</title>" in page and "ball" not in page[:2000]
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("option", ["--viewer", "--pdf"])
def test_what_makes_a_page_is_asked_for_before_any_work(option, mesh, tmp_path, monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "k3d" else found(name))
    monkeypatch.setattr(pdf.shutil, "which", lambda command: None)
    monkeypatch.setattr(pdf.Path, "is_file", lambda path: str(path).endswith((".json", ".stl")))
    assert main(["prepare", str(mesh), "--output", str(tmp_path / "out"), "--format", "stl", "--quiet", option]) == 2
    said = capsys.readouterr().err
    assert ("k3d" if option == "--viewer" else "neither Chrome") in said and len(said.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
