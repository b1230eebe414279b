"""What the tests of the batch share: children that do as they are told, in the place of the engine's own."""

import sys
from pathlib import Path

import pytest

from dicomtoprint.batch import folder
from dicomtoprint.batch.attempt import Attempt
from dicomtoprint.batch.case import Case

pytest.importorskip("filelock", reason="a batch needs filelock")
pytest.importorskip("psutil", reason="a batch needs psutil")
ENGINE = Path(__file__).resolve().parents[2] / "DicomToPrint"
# Takes the job as the engine's own child does; `WHAT` is the body of what it does with it.
CHILD = """
import json, os, signal, sys, time
sys.path[0] = {engine!r}
from pathlib import Path
from dicomtoprint.workers.process import exit_when_stdin_closes, read_message
from dicomtoprint.batch import folder
from dicomtoprint.batch.case import Case, CaseOutcome
job = json.loads(read_message(sys.stdin.buffer))
exit_when_stdin_closes()
case, root = Case.from_message(job["case"].encode()), Path(job["root"])
own = folder.case_folder(root, case.name)
own.mkdir(parents=True, exist_ok=True)
def finish(verdict="ready", code=0):
    from dicomtoprint.batch.fingerprint import stat_hash
    folder.write_outcome(own, CaseOutcome(case.name, verdict, code, input={{"stat": stat_hash(case)}},
                                          settings_sha256=case.settings_sha256, attempts=job["attempt"]))
with open(root / "starts", "a") as starts:
    starts.write(case.name + "\\n")
{what}
"""


@pytest.fixture
def root(tmp_path):
    """An opened folder of a batch."""
    made = tmp_path / "out"
    folder.open_batch_folder(made)
    return made


@pytest.fixture
def make_child(tmp_path):
    """Maker of the script of a child from the body of what it does."""

    def make(what: str = "finish()") -> Path:
        script = tmp_path / "child.py"
        script.write_text(CHILD.format(engine=str(ENGINE), what=what), encoding="utf-8")
        return script

    return make


@pytest.fixture
def make_case(tmp_path):
    """Maker of a case with an input of one small file."""

    def make(name: str = "one", **fields) -> Case:
        source = tmp_path / "inputs" / name
        source.mkdir(parents=True, exist_ok=True)
        (source / "a.dcm").write_bytes(name.encode())
        return Case(name, str(source), settings_sha256="s", **fields)

    return make


@pytest.fixture
def attempt_of(root):
    """Maker of an attempt with the script of a child."""

    def make(entry: Path, memory_bytes: int = 10**9, attempts: int = 3, watch_seconds: float = 0.1) -> Attempt:
        return Attempt(root, entry, memory_bytes, 1, attempts, watch_seconds)

    return make


def starts(root: Path) -> list[str]:
    """Names of the cases that children were started for, in order."""
    path = root / "starts"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


PYTHON = sys.executable
