"""The output folder: nothing half-written, nobody else's files, one run at a time."""

import resource
import subprocess
import sys
from contextlib import nullcontext

import pytest

from dicomtoprint.cli import main as main_module
from dicomtoprint.cli.main import main
from Phantoms.command_line import PROGRESS_LINE, SCRIPT, sentence_of


def test_unwritable_output_is_exit_5(ct, tmp_path, capsys):
    (tmp_path / "a-file").write_text("in the way", encoding="utf-8")
    assert main(["run", str(ct), "--output", str(tmp_path / "a-file" / "out")]) == 5
    sentence_of(capsys)


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    """The second is refused while the first lives; what a killed one left of its claim is in nobody's way."""
    from dicomtoprint.errors import OutputError
    from dicomtoprint.pipeline.output_folder import lock_output_folder

    waiting = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with lock_output_folder(tmp_path):
        (own,) = tmp_path.iterdir()
        other = tmp_path / f"{own.name.rpartition('-')[0]}-{waiting.pid}"
    assert list(tmp_path.iterdir()) == []
    other.write_bytes(b"")
    with pytest.raises(OutputError, match="Another run"), lock_output_folder(tmp_path):
        pass
    waiting.communicate(b"\n")
    with lock_output_folder(tmp_path):
        assert not other.exists()
    assert list(tmp_path.iterdir()) == []


def test_model_files_of_others_in_the_folder_are_counted_and_not_named(tmp_path):
    from dicomtoprint.pipeline.output_folder import describe_foreign_files

    for name in ("Doe^Jane.STL", "bone.stl", "report.html"):
        (tmp_path / name).write_bytes(b"")
    (told,) = describe_foreign_files(tmp_path, ["bone.stl"])
    assert "1 model file " in told and "Doe" not in told
    assert describe_foreign_files(tmp_path, ["bone.stl", "Doe^Jane.STL"]) == ()
    (tmp_path / "record.json").write_bytes(b"")
    (refused,) = describe_foreign_files(tmp_path, ())
    assert "2 model files and the record of an earlier run" in refused


def test_full_disk_is_exit_5_and_leaves_nothing_partial(ct, tmp_path):
    """A file larger than the limit fails as on a full disk (EFBIG)."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        [sys.executable, "-B", str(SCRIPT), "run", str(ct), "--output", str(tmp_path / "out"), "--no-pixels"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=limited,
        encoding="utf-8",
    )
    assert done.returncode == 5, done.stderr
    assert "disk is full" in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len([line for line in lines if not PROGRESS_LINE.fullmatch(line.strip())]) == 1
    assert list((tmp_path / "out").iterdir()) == []


def phrases_of(arguments, monkeypatch) -> list[str]:
    """Every phrase that the progress of a command tells, in order, each once."""
    seen: list[str] = []

    def note(fraction: float, phrase: str = "") -> None:
        if phrase and phrase not in seen:
            seen.append(phrase)

    with monkeypatch.context() as patch:
        patch.setattr(main_module, "terminal_progress", lambda quiet: nullcontext(note))
        main(arguments)
    return seen


def test_interrupt_in_every_phase_leaves_nothing_partial(ct, tmp_path, monkeypatch, capsys):
    arguments = ["run", str(ct), "--no-pixels", "--output"]
    phrases = phrases_of([*arguments, str(tmp_path / "whole")], monkeypatch)
    assert len(phrases) > 6
    final = {path.name for path in (tmp_path / "whole").iterdir()}
    # Some of the phases, spread over the run: each costs a run up to there.
    for number, phrase in enumerate(phrases[:: max(1, len(phrases) // 6)]):
        folder = tmp_path / str(number)

        def stop(fraction: float, told: str = "", wanted: str = phrase) -> None:
            if told == wanted:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(main_module, "terminal_progress", lambda quiet, stop=stop: nullcontext(stop))
            capsys.readouterr()
            assert main([*arguments, str(folder)]) == 130, phrase
        sentence_of(capsys)
        left = {path.name for path in folder.iterdir()} if folder.exists() else set()
        assert left <= final, (phrase, left)
