"""Backends: what they leave becomes labels with names and codes, what goes wrong with them one sentence, and nothing stays behind."""

import hashlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from dicomtoprint.backends import find_backend, label_with_backend, load_backend, open_task
from dicomtoprint.errors import CancelledError, DicomToPrintError, OutputError, RefusedError, UsageError
from dicomtoprint.volume import Volume
from Phantoms.backends import LABEL, WRITE, write_backend

BLOCK = (slice(8, 20), slice(10, 30), slice(6, 26))


@pytest.fixture(scope="module")
def volume():
    array = np.full((28, 40, 36), -1000, dtype=np.int16)
    array[BLOCK] = 900
    affine = np.diag([0.8, 0.8, 1.5, 1.0])
    affine[:3, 3] = (-20.0, 15.0, 140.0)
    return Volume(array, affine, modality="CT")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files: a backend has to leave it empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir()), "a backend's folder was left behind"


def label(volume, path, task="", progress=lambda share, phrase="": None):
    backend = load_backend(str(path))
    return label_with_backend(
        volume, backend, open_task(backend, task), find_backend(backend, sys.executable), progress
    )


def test_labels_are_named_coded_and_known_to_the_record(volume, tmp_path, temporary):
    found = label(volume, write_backend(tmp_path, WRITE))
    (segment,) = found.segments
    assert (segment.label, segment.name, segment.terminology["type"]["code"]) == (51, "heart", "80891009")
    assert np.array_equal(found.labels == 51, volume.array == 900) and np.allclose(found.affine, volume.affine)
    facts = found.figures["backend"]
    assert facts["labels_sha256"] == hashlib.sha256(found.labels.astype("<u2").tobytes()).hexdigest()
    assert (facts["task"], facts["voxel_mm"], facts["licence_use"]) == ("total", [1.5, 1.5, 1.5], "any")
    assert facts["version"] == sitk.Version.VersionString().partition("-")[0] or facts["version"][0].isdigit()
    assert any("Nobody has checked its labels" in note for note in found.notes)
    assert set(load_backend("totalsegmentator").faults) <= set(found.notes)


def test_it_gets_its_statistics_switched_off_and_none_of_our_modules(volume, tmp_path, temporary, monkeypatch):
    home = tmp_path / "settings"
    home.mkdir()
    (home / "config.json").write_text('{"send_usage_stats": true, "license_number": "aca_1"}', encoding="utf-8")
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(home))
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    seen = tmp_path / "seen.json"
    look = (
        "import json\nown = os.environ['TOTALSEG_HOME_DIR']\n"
        "content = {'config': json.load(open(own + '/config.json')), 'weights': os.environ['TOTALSEG_WEIGHTS_PATH'],"
        " 'python': os.environ.get('PYTHONPATH'), 'tmp': os.environ['TMPDIR'], 'here': os.getcwd()}\n"
        f"json.dump(content, open({str(seen)!r}, 'w'))\n"
    )
    label(volume, write_backend(tmp_path, look + WRITE))
    content = json.loads(seen.read_text(encoding="utf-8"))
    assert content["config"] == {"send_usage_stats": False, "license_number": "aca_1"}
    assert content["weights"] == f"{home}/nnunet/results" and content["python"] is None
    assert Path(content["tmp"]).parent == Path(content["here"])
    assert json.loads((home / "config.json").read_text(encoding="utf-8"))["send_usage_stats"] is True
    assert "torch" not in sys.modules


FAULTS = {
    "crash": ("raise RuntimeError('patient Miller')", RefusedError, r"failed \(code 1, RuntimeError\)"),
    "nothing": ("pass", RefusedError, "without writing labels"),
    "empty-file": ("open(target, 'w').close()", RefusedError, "without writing labels"),
    "unreadable": ("open(target, 'w').write('labels')", RefusedError, "cannot be read"),
    "grey-values": ("import shutil; shutil.copy(source, target)", RefusedError, "cannot be read"),
    "no-label": (LABEL + "sitk.WriteImage(labels * 0, target)", RefusedError, "found nothing of its task total"),
    "other-grid": (LABEL + "sitk.WriteImage(labels[1:], target)", RefusedError, "on another grid"),
    "moved": (LABEL + "labels.SetOrigin((0, 0, 0)); sitk.WriteImage(labels, target)", RefusedError, "on another grid"),
    "enospc": ("raise OSError(28, 'No space left on device')", OutputError, "The disk was full"),
    "memory-error": ("raise MemoryError", RefusedError, "too little memory"),
    "weights": (
        "print('Downloading model for Task 291 ...'); raise ConnectionError('no network')",
        RefusedError,
        "lacks the weights of total",
    ),
    "no-licence": ("sys.exit('It requires a license.')", RefusedError, "no licence number for the task total"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence(fault, volume, tmp_path, temporary):
    body, kind, words = FAULTS[fault]
    with pytest.raises(kind, match=words) as told:
        label(volume, write_backend(tmp_path, body))
    sentence = str(told.value)
    assert sentence.startswith(("Stand-in", "The disk")) and sentence.endswith(".") and "Miller" not in sentence
    assert str(tmp_path) not in sentence


LIMITS = {
    "time": ({"hours": 0.0003}, "time.sleep(60)", "gave no labels in 0.0003 hours and was stopped"),
    "disk": ({"disk_gb": 0.01}, "open('big', 'wb').write(bytes(30 << 20)); time.sleep(60)", "wrote more than 0.01 GB"),
    "memory": (
        {"memory_gb": 0.1},
        "taken = bytearray(b'x' * (300 << 20)); time.sleep(60)",
        "more than 0.1 GB of memory",
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_what_takes_too_much_is_stopped(limit, volume, tmp_path, temporary):
    if limit == "memory":
        pytest.importorskip("psutil", reason="memory of others is watched with psutil")
    changed, body, words = LIMITS[limit]
    path = write_backend(tmp_path, body, limits={"hours": 1, "memory_gb": 8, "disk_gb": 1, **changed})
    began = time.monotonic()
    with pytest.raises(RefusedError, match=words):
        label(volume, path)
    assert time.monotonic() - began < 30.0


@pytest.mark.skipif(os.name == "nt", reason="process ids are looked up the way of POSIX")
def test_a_cancel_ends_it_with_its_children(volume, tmp_path, temporary):
    pids = tmp_path / "pids"
    body = (
        "import subprocess\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\nprint(' 40%|####', flush=True)\ntime.sleep(60)"
    )
    phrases = []

    def progress(share, phrase=""):
        phrases.append(phrase)
        if pids.exists() and len(pids.read_text().split()) == 2 and "40 %" in phrase:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        label(volume, write_backend(tmp_path, body), progress=progress)
    assert phrases[-1] == "Stand-in at work, 40 % of its present step"
    end = time.monotonic() + 5.0
    while any(map(_runs, map(int, pids.read_text().split()))) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(_runs, map(int, pids.read_text().split())))


def _runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")


def test_a_task_for_another_modality_and_a_value_without_a_name(volume, tmp_path, temporary):
    path = write_backend(tmp_path, LABEL + "sitk.WriteImage(labels * 4, target)")
    with pytest.raises(UsageError, match="is for MR, and this scan is CT"):
        label(volume, path, "total_mr")
    found = label(volume, path)
    assert [s.name for s in found.segments] == ["Label 204"]
    assert any("numbered" in note for note in found.notes)


def test_a_sheared_scan_is_labelled_on_a_right_angled_grid(tmp_path, temporary):
    array = np.full((20, 24, 24), -1000, dtype=np.int16)
    array[5:15, 8:16, 8:16] = 900
    affine = np.eye(4)
    affine[1, 2] = 0.2
    found = label(Volume(array, affine, modality="CT"), write_backend(tmp_path, WRITE))
    assert abs(float(found.affine[:3, 1] @ found.affine[:3, 2])) < 1e-9 and found.segments[0].volume_mm3 > 400.0


def test_what_is_no_backend_is_told(tmp_path):
    for change, words in (
        ({"output": "../labels.nii.gz"}, "no file in the folder"),
        ({"progress": "("}, "'progress' must be a regular expression"),
        ({"licences": {"open": {"title": "x", "use": "gifts", "text": "x"}}}, "'licences.open.use' must be one of"),
        ({"limits": {}}, "'hours' is missing in 'limits'"),
    ):
        with pytest.raises(UsageError, match=words):
            load_backend(str(write_backend(tmp_path, "", **change)))
    backend = load_backend("totalsegmentator")
    with pytest.raises(UsageError, match="has no task 'bones': choose of total"):
        open_task(backend, "bones")
    with pytest.raises(DicomToPrintError, match="was not found on this computer"):
        find_backend(load_backend(str(write_backend(tmp_path, ""))))
    with pytest.raises(DicomToPrintError, match="is no program on this computer"):
        find_backend(backend, str(tmp_path / "absent"))
    assert all(task.labels for task in backend.tasks.values())
