"""The decoder of compressed frames is a process of its own: whatever ends or holds it is one sentence here."""

import time

import pytest

from dicomtoprint.dicom import gdcm_decoder, read_study, read_volume
from dicomtoprint.errors import InputError
from dicomtoprint.workers import process
from Phantoms.files import write_files
from Phantoms.series import bend, series

# What a JPEG decoder sees first: a lossless frame of 32 x 32 pixels of 16 bits, and then nothing.
FRAME = b"\xff\xd8\xff\xc3\0\x0b\x10\0\x20\0\x20\x01\x11\0" + b"\0" * 50
READY = "import os, sys, time\nsys.stdout.buffer.write(bytes(8))\nsys.stdout.buffer.flush()\nsys.stdin.buffer.read(8)\n"
CHILDREN = {
    "ends by a signal": READY + "os.abort()",
    "hangs": READY + "time.sleep(60)",
    "answers half": READY + "sys.stdout.buffer.write((99).to_bytes(8, 'little') + b'abc')",
    "answers rubbish": READY + "sys.stdout.buffer.write((3).to_bytes(8, 'little') + b'abc')",
    "never starts": "raise SystemExit(1)",
}


@pytest.fixture
def compressed(tmp_path):
    files = bend(series(), syntax="1.2.840.10008.1.2.4.70", encapsulated=(FRAME,))
    return read_study(write_files(files, tmp_path / "scan")).series[0]


@pytest.mark.parametrize("child", list(CHILDREN))
def test_decoder_that_fails_is_one_sentence(child, compressed, monkeypatch, tmp_path):
    script = tmp_path / "child.py"
    script.write_text(CHILDREN[child], encoding="utf-8")
    monkeypatch.setattr(gdcm_decoder, "SCRIPT", script)
    monkeypatch.setattr(gdcm_decoder, "SECONDS", 0.3)
    with pytest.raises(InputError, match="compressed in a way that cannot be decoded"):
        read_volume(compressed)


def test_a_hanging_decoder_behind_a_launcher_is_ended_in_time(compressed, monkeypatch, tmp_path, launcher):
    hanging = gdcm_decoder.SCRIPT.read_text(encoding="utf-8").replace(
        "    with open(path", "    import time\n    time.sleep(60)\n    with open(path"
    )
    assert "sleep" in hanging
    hanging = hanging.replace("__file__", repr(str(gdcm_decoder.SCRIPT)))
    (tmp_path / "child.py").write_text(hanging, encoding="utf-8")
    monkeypatch.setattr(gdcm_decoder, "SCRIPT", tmp_path / "child.py")
    monkeypatch.setattr(gdcm_decoder, "SECONDS", 0.1)
    monkeypatch.setattr(process, "python_executable", launcher)
    start = time.monotonic()
    with pytest.raises(InputError, match="compressed in a way that cannot be decoded"):
        read_volume(compressed)
    assert time.monotonic() - start < 20
    assert launcher.started()
    assert not launcher.left()


def test_interpreter_that_is_not_there_is_one_sentence(compressed, monkeypatch, tmp_path):
    monkeypatch.setattr(process, "python_executable", lambda: str(tmp_path / "nothing"))
    with pytest.raises(InputError):
        read_volume(compressed)


def test_child_ends_with_the_reading(compressed, monkeypatch):
    started = []
    plain = process.subprocess.Popen
    monkeypatch.setattr(process.subprocess, "Popen", lambda *a, **k: started.append(plain(*a, **k)) or started[-1])
    with pytest.raises(InputError):
        read_volume(compressed)
    assert [child.poll() is None for child in started] == [False]
