"""`--shell` in `prepare` and `run`: a hollow model of a lumen, open at the cut or at the scan's edge, and its replay to the byte."""

import json
import shutil

import numpy as np
import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.io import read_meshes
from Phantoms.solids import box, write_stl

pytest.importorskip("manifold3d", reason="preparation needs manifold3d")
WALL = 1.0


def replays_to_the_byte(folder, source, again, capsys):
    capsys.readouterr()
    assert main(["replay", str(folder / "record.json"), "--input", str(source), "--output", str(again)]) == 0
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return capsys.readouterr().out.count("the same to the byte") == len(record["outputs"])


def test_a_lumen_given_as_a_mesh_is_opened_by_a_cut_and_replays(tmp_path, capsys):
    source, out = tmp_path / "lumen.stl", tmp_path / "out"
    write_stl(source, box(6.0, 5.0, 9.0, at=(0.0, 0.0, 0.0)), b"SPACE=LPS")
    command = ["prepare", str(source), "--shell", f"{WALL:g}", "--process", "sla", "--format", "stl"]
    assert main([*command, "--cut", "S=6", "--keep", "I", "--output", str(out)]) in (0, 1)
    assert "opened by the cuts" in capsys.readouterr().out
    (mesh,) = read_meshes(next(out.glob("*.stl")))
    # A box of walls without a lid: the lumen lies where it was, its walls around are as thick as asked, their edges round.
    corners = {tuple(row) for row in np.round(mesh.points, 3).tolist()}
    assert {(0.0, 0.0, 0.0), (6.0, 5.0, 0.0), (6.0, 5.0, 6.0)} <= corners
    assert np.allclose(mesh.bounds[:5], (-WALL, 6.0 + WALL, -WALL, 5.0 + WALL, -WALL), atol=0.05)
    sides = 6.0 * (22.0 * WALL + np.pi * WALL**2)
    bottom = 30.0 * WALL + 22.0 * np.pi * WALL**2 / 4.0 + 2.0 / 3.0 * np.pi * WALL**3
    assert mesh.volume == pytest.approx(sides + bottom, rel=0.01)
    assert replays_to_the_byte(out, source, tmp_path / "again", capsys)


def test_a_run_on_a_vessel_that_the_scan_cuts_is_open_there_and_replays(tmp_path, capsys):
    sitk = pytest.importorskip("SimpleITK")
    _k, j, i = np.indices((24, 24, 24))
    lumen = (np.hypot(j - 12, i - 12) < 5.0).astype(np.uint8)
    scan = np.where(lumen > 0, 350, 40).astype(np.int16)
    for name, array in (("scan", scan), ("lumen", lumen)):
        image = sitk.GetImageFromArray(array)
        image.SetSpacing((0.8, 0.8, 1.0))
        sitk.WriteImage(image, str(tmp_path / f"{name}.nii.gz"))
    source, out = tmp_path / "scan.nii.gz", tmp_path / "out"
    command = ["run", str(source), "--segmentation", str(tmp_path / "lumen.nii.gz"), "--shell", f"{WALL:g}"]
    assert main([*command, "--process", "sla", "--format", "stl", "--output", str(out)]) in (0, 1)
    assert "2 ends open at the edge of the scan" in (out / "report.html").read_text(encoding="utf-8")
    (mesh,) = read_meshes(next(out.glob("*.stl")))
    inner = np.sqrt(lumen[0].sum() * 0.8**2 / np.pi)  # of the label's own area
    assert mesh.volume == pytest.approx(np.pi * ((inner + WALL) ** 2 - inner**2) * 24.0, rel=0.06)
    shutil.copy(tmp_path / "lumen.nii.gz", out)  # a record names no folders: own files are looked for beside it
    assert replays_to_the_byte(out, source, tmp_path / "again", capsys)
