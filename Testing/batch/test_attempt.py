"""A child that crashes, takes too much memory or loses its parent costs one case, and nothing stays behind."""

import os
import signal
import subprocess
import textwrap
import threading
import time

import pytest

from dicomtoprint.batch import folder
from dicomtoprint.batch.attempt import FINISHED, HELD, STOPPED, make_case_in_child

from .conftest import ENGINE, PYTHON, starts


def outcome_of(root, case):
    return folder.read_outcome(folder.case_folder(root, case.name))


def test_a_child_that_is_killed_once_is_started_again(root, make_case, make_child, attempt_of):
    case = make_case()
    entry = make_child("os.kill(os.getpid(), 9) if job['attempt'] == 1 else finish()")
    assert make_case_in_child(case, attempt_of(entry)) == FINISHED
    assert (outcome_of(root, case).verdict, outcome_of(root, case).attempts) == ("ready", 2)


@pytest.mark.parametrize(("body", "code"), [("os.abort()", -6), ("sys.exit(70)", 70)])
def test_a_child_that_always_crashes_is_failed_with_a_reason(root, make_case, make_child, attempt_of, body, code):
    case = make_case()
    assert make_case_in_child(case, attempt_of(make_child(body), attempts=2)) == FINISHED
    outcome = outcome_of(root, case)
    assert (outcome.verdict, outcome.exit_code, outcome.attempts) == ("failed", code, 2)
    assert "--retry-failed" in outcome.reason
    assert folder.is_finished(case, outcome)
    assert starts(root) == ["one", "one"]


def test_too_much_memory_ends_the_child(root, make_case, make_child, attempt_of):
    case = make_case()
    entry = make_child("held = bytearray(500_000_000); held[::4096] = b'1' * len(held[::4096]); time.sleep(60)")
    begun = time.monotonic()
    assert make_case_in_child(case, attempt_of(entry, memory_bytes=300_000_000)) == FINISHED
    assert time.monotonic() - begun < 30
    assert "0.3 GB" in outcome_of(root, case).reason
    assert starts(root) == ["one"]


def test_a_mesh_that_took_too_much_is_not_told_of_regions_of_scans(root, make_case, make_child, attempt_of):
    case = make_case(command="prepare")
    entry = make_child("held = b'1' * 400_000_000; time.sleep(60)")
    assert make_case_in_child(case, attempt_of(entry, memory_bytes=300_000_000)) == FINISHED
    reason = outcome_of(root, case).reason
    assert "--memory-per-case" in reason
    assert "--roi" not in reason


def test_held_and_stopped_write_nothing(root, make_case, make_child, attempt_of):
    case, stop = make_case(), threading.Event()
    assert make_case_in_child(case, attempt_of(make_child("sys.exit(75)"))) == HELD
    threading.Timer(1.0, stop.set).start()
    assert make_case_in_child(case, attempt_of(make_child("time.sleep(60)")), stop) == STOPPED
    assert outcome_of(root, case) is None


@pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")
def test_children_end_with_a_parent_that_is_killed(root, make_case, make_child, tmp_path):
    """The lock of the case is free soon after, so that a batch that is started at once goes on with it."""
    case = make_case()
    entry = make_child(f"""
from filelock import FileLock
lock = FileLock(own / folder.LOCK)
lock.acquire()
Path({str(tmp_path / "pid")!r}).write_text(str(os.getpid()))
time.sleep(600)""")
    parent = tmp_path / "parent.py"
    parent.write_text(
        textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(ENGINE)!r})
        from pathlib import Path
        from dicomtoprint.batch.attempt import Attempt, make_case_in_child
        from dicomtoprint.batch.case import Case
        case = Case({case.name!r}, {case.source!r}, settings_sha256="s")
        make_case_in_child(case, Attempt(Path({str(root)!r}), Path({str(entry)!r}), 10**9, 1, 1, 0.1))
        """),
        encoding="utf-8",
    )
    process = subprocess.Popen([PYTHON, str(parent)])
    end = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with folder.held(folder.case_folder(root, case.name) / folder.LOCK, seconds=20.0):
        pass
    assert outcome_of(root, case) is None
