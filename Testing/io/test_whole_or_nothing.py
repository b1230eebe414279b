"""Files appear whole or not at all: full disks, kills, folders that cannot be written to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dicomtoprint.errors import OutputError
from dicomtoprint.io import AtomicOutputSet, export_meshes, sha256_of, write_bytes_atomically, write_json_atomically
from dicomtoprint.mesh.core import Mesh

LIBRARY = Path(__file__).parents[2] / "DicomToPrint"


def test_a_file_in_the_place_of_the_folder(meshes, tmp_path):
    (tmp_path / "out").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="in the way"):
        export_meshes(meshes, tmp_path / "out", "model", ("stl",))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="a superuser may write anywhere")
def test_a_read_only_folder(meshes, tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(OutputError, match="read-only"):
        export_meshes(meshes, tmp_path, "model", ("stl",))
    tmp_path.chmod(0o755)


def test_a_file_that_another_program_holds_is_named(meshes, tmp_path, monkeypatch):
    def held(source, target):
        raise PermissionError(13, "Access is denied", str(source), None, str(target))

    monkeypatch.setattr("dicomtoprint.io.atomic.os.replace", held)
    with pytest.raises(OutputError, match=r"'model\.stl' is held by another program or user; close it there"):
        export_meshes(meshes, tmp_path, "model", ("stl",))
    assert not list(tmp_path.iterdir())


FULL_DISK = """
import resource, signal, sys
sys.path.insert(0, {library!r})
from pathlib import Path
from dicomtoprint.errors import OutputError
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import Mesh
import numpy as np
with np.load(sys.argv[2]) as arrays:
    mesh = Mesh(arrays["points"], arrays["triangles"])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))
for form in sys.argv[3:]:
    try:
        export_meshes((mesh,), Path(sys.argv[1]), "model", (form,))
    except OutputError as error:
        print(form, error)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
def test_a_full_disk(ball, tmp_path):
    pytest.importorskip("lib3mf")
    script = FULL_DISK.format(library=str(LIBRARY))
    forms = ["stl", "3mf", "obj", "ply"]
    stored = _stored(ball(rings=120), tmp_path)
    told = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "out"), stored, *forms],
        capture_output=True,
        text=True,
        timeout=120,
        encoding="utf-8",
    )
    assert [line.split()[0] for line in told.stdout.splitlines()] == forms, told.stderr
    assert all("full" in line for line in told.stdout.splitlines())
    assert told.stderr == ""
    assert list((tmp_path / "out").iterdir()) == []


def _stored(mesh, folder):
    np.savez(folder / "mesh.npz", points=mesh.points, triangles=mesh.triangles)
    return str(folder / "mesh.npz")


ENDLESS = """
import sys
sys.path.insert(0, {library!r})
from pathlib import Path
from dicomtoprint.io import export_meshes, write_json_atomically
from dicomtoprint.mesh.core import Mesh
import numpy as np
with np.load(sys.argv[2]) as arrays:
    mesh = Mesh(arrays["points"], arrays["triangles"])
print("ready", flush=True)
while True:
    files = export_meshes((mesh,), Path(sys.argv[1]), "model", ("stl", "ply"))
    write_json_atomically(Path(sys.argv[1]) / "record.json", [file.as_json() for file in files])
"""


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_killed_at_random_moments_no_file_is_partial(ball, tmp_path):
    """Ten kills while two meshes and a record are written again and again."""
    import json

    script = ENDLESS.format(library=str(LIBRARY))
    random = np.random.default_rng(7)
    full = ball(rings=160)
    mesh = Mesh(full.points, full.triangles)  # as the child makes it from the stored arrays
    stored = _stored(mesh, tmp_path)
    hashes = {
        file.path.name: file.sha256 for file in export_meshes((mesh,), tmp_path / "whole", "model", ("stl", "ply"))
    }
    folder = tmp_path / "killed"
    partial = 0
    for _kill in range(10):
        process = subprocess.Popen([sys.executable, "-c", script, str(folder), stored], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(float(random.uniform(0.0, 0.25)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        for path in folder.glob("[!.]*"):
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            else:
                assert sha256_of(path) == hashes[path.name]
        partial += len(list(folder.glob(".partial-*")))
    assert partial > 0  # else no kill met a write, and the test has shown nothing
    export_meshes((mesh,), folder, "model", ("stl", "ply"))
    assert list(folder.glob(".partial-*")) == []


def test_outputs_move_all_or_none(tmp_path):
    with pytest.raises(RuntimeError), AtomicOutputSet(tmp_path) as outputs:
        outputs.temporary("a.txt").write_text("a", encoding="utf-8")
        outputs.temporary("b.txt").write_text("b", encoding="utf-8")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with AtomicOutputSet(tmp_path) as outputs:
        outputs.temporary("a.txt").write_text("a", encoding="utf-8")
        outputs.temporary("b.txt").write_text("b", encoding="utf-8")
        assert not (tmp_path / "a.txt").exists()
        outputs.publish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


def test_json_is_plain_and_replaces_the_old(tmp_path):
    import json

    path = write_json_atomically(
        tmp_path / "a.json", {"b": np.float32(1.5), "a": (np.arange(2), float("nan")), "ü": "é"}
    )
    assert json.loads(path.read_text(encoding="utf-8")) == {"b": 1.5, "a": [[0, 1], None], "ü": "é"}
    write_bytes_atomically(path, b"{}")
    assert path.read_bytes() == b"{}"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]
