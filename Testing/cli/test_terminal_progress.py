"""Progress on the terminal: lines where nobody looks at a bar, none when quiet."""

import io
import re
import sys
import time

import pytest

from dicomtoprint.cli.terminal_progress import LINES_EVERY_S, terminal_progress


def test_a_log_gets_lines_with_share_and_phase_even_while_the_work_says_nothing(capsys):
    lines: list[str] = []
    with terminal_progress(every_s=0.05) as progress:
        progress(0.25, "finding the anatomy")
        until = time.monotonic() + 20.0  # a busy machine wakes the thread late
        while len(lines) < 2 and time.monotonic() < until:
            time.sleep(0.05)
            lines += capsys.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert all(re.fullmatch(r" 25 % after \d+ s: finding the anatomy", line) for line in lines)
    assert LINES_EVERY_S <= 10.0


def test_short_work_and_quiet_work_say_nothing(capsys):
    with terminal_progress() as progress:
        progress(0.5, "reading")
    with terminal_progress(quiet=True, every_s=0.01) as progress:
        progress(0.5, "reading")
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_no_line_comes_after_an_error(capsys):
    with pytest.raises(ValueError), terminal_progress(every_s=0.02) as progress:
        progress(0.1, "reading")
        raise ValueError
    capsys.readouterr()
    time.sleep(0.1)
    assert capsys.readouterr().err == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar(monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with terminal_progress() as progress:
        progress(0.5, "reading")
        time.sleep(0.15)
        progress(0.6, "reading")
    assert "%" in sys.stderr.getvalue() and "\r" in sys.stderr.getvalue()
