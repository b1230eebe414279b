"""One case in its child: made once, whole or not at all, again only where input, settings or version are others."""

import io
import os
import sys
from dataclasses import replace

import pytest
from filelock import FileLock

from dicomtoprint.batch import child, describe, folder
from dicomtoprint.batch.board import Board
from dicomtoprint.batch.case import Case, CaseOutcome, settings_hash
from dicomtoprint.cli.language import tell
from dicomtoprint.messages import _, join, speaking
from dicomtoprint.workers.process import EXIT_INTERRUPTED


class Command:
    """Stands for the command line: counts its calls, writes one file, ends as told."""

    def __init__(self, code: int = 0, says: str = "") -> None:
        self.calls: list[list[str]] = []
        self.code, self.says = code, says

    def __call__(self, words):
        self.calls.append(list(words))
        output = words[words.index("--output") + 1]
        with open(os.path.join(output, "report.html"), "w", encoding="utf-8") as file:
            file.write(f"run {len(self.calls)}")
        print(self.says, file=sys.stderr)
        return self.code


def made(case, root, command, retry_failed=False, attempt=1):
    code = child.make_case(case, root, attempt, retry_failed, command)
    own = folder.case_folder(root, case.name)
    return code, folder.read_outcome(own), own


def test_a_finished_case_is_not_made_again(root, make_case):
    case, command = make_case(options=("--use", "research")), Command(1)
    code, outcome, own = made(case, root, command)
    assert (code, outcome.verdict, outcome.exit_code) == (0, "reject", 1)
    assert command.calls[0][:2] == ["run", case.source]
    assert command.calls[0][-2:] == ["--use", "research"]
    assert (own / "result" / "report.html").read_text(encoding="utf-8") == "run 1"
    assert sorted(path.name for path in own.iterdir()) == [".lock", "case.json", "result"]
    assert folder.is_finished(case, outcome)
    assert made(case, root, command)[0] == 0
    assert len(command.calls) == 1


def test_other_settings_version_or_contents_are_made_again(root, make_case, tmp_path):
    case, command = make_case(), Command()
    own = made(case, root, command)[2]
    other = replace(case, settings_sha256="t")
    assert not folder.is_finished(other, folder.read_outcome(own))
    made(other, root, command)
    assert (own / "result" / "report.html").read_text(encoding="utf-8") == "run 2"
    folder.write_outcome(own, replace(folder.read_outcome(own), version="0.0.0"))
    made(other, root, command)
    (tmp_path / "inputs" / "one" / "a.dcm").write_bytes(b"changed")
    made(other, root, command)
    (tmp_path / "inputs" / "one" / "b.dcm").write_bytes(b"added")
    made(other, root, command)
    assert len(command.calls) == 5


def test_a_copied_input_of_the_same_contents_is_not_made_again(root, make_case, tmp_path):
    case, command = make_case(), Command()
    made(case, root, command)
    os.utime(tmp_path / "inputs" / "one" / "a.dcm", (1, 1))
    own = folder.case_folder(root, case.name)
    assert not folder.is_finished(case, folder.read_outcome(own))
    outcome = made(case, root, command)[1]
    assert folder.is_finished(case, outcome)
    assert len(command.calls) == 1


def test_a_case_that_another_holds_is_left_to_it(root, make_case):
    case, command = make_case(), Command()
    own = folder.case_folder(root, case.name)
    own.mkdir(parents=True)
    with FileLock(own / folder.LOCK):
        assert made(case, root, command)[0] == child.EXIT_HELD
    assert not command.calls
    assert made(case, root, command)[0] == 0  # the lock's file is still there, and holds nobody up


def test_an_interrupted_case_leaves_what_was_there(root, make_case):
    case = make_case()
    own = made(case, root, Command())[2]
    code, outcome, _own = made(replace(case, settings_sha256="t"), root, Command(EXIT_INTERRUPTED))
    assert code == EXIT_INTERRUPTED
    assert outcome.settings_sha256 == "s"
    assert sorted(path.name for path in own.iterdir()) == [".lock", "case.json", "result"]


def test_what_a_killed_child_left_is_taken_away(root, make_case):
    case = make_case()
    own = folder.case_folder(root, case.name)
    (own / ".making" / "result").mkdir(parents=True)
    (own / ".making" / "result" / "half.stl").write_bytes(b"half")
    (own / "case.json").write_text('{"schema": "dicom-to', encoding="utf-8")
    made(case, root, Command())
    assert not list(own.rglob("half.stl"))


def test_failures_keep_their_reason_and_are_tried_again_on_request(root, make_case):
    case, command = make_case(), Command(3, "dicom_to_print: 'one' holds no images: choose another.")
    outcome = made(case, root, command)[1]
    assert (outcome.verdict, outcome.reason) == ("unreadable", "The input holds no images: choose another.")
    assert folder.is_finished(case, outcome)
    assert not folder.is_finished(case, outcome, retry_failed=True)
    made(case, root, command, retry_failed=True)
    assert len(command.calls) == 2


def test_the_reason_names_no_folder():
    errors = io.StringIO("warning\ndicom_to_print: 'MUELLER_HANS' of /data/MUELLER_HANS does not exist.\n")
    sentence = describe.last_sentence(errors, Case("a", "/data/MUELLER_HANS"))
    assert "MUELLER" not in sentence.english + sentence.told
    assert sentence.english.startswith("The input")


def test_the_reason_is_kept_in_english_and_as_it_was_told(root, make_case):
    def command(words):
        with speaking("de"):
            tell(join("", ("dicom_to_print: ", _("'{name}' holds no images.", name="one"))), file=sys.stderr)
        return 3

    outcome = made(make_case(), root, command)[1]
    assert outcome.reason == "The input holds no images."
    assert outcome.reason_told["de"].startswith("Die Eingabe")
    board = Board(root)
    assert [row[4] for row in board.rows()] == [outcome.reason]
    with speaking("de"):
        assert [row[4] for row in board.rows_for_readers()] == [outcome.reason_told["de"]]


def test_an_input_that_changes_while_it_is_read_is_not_called_finished(root, make_case, tmp_path):
    case = make_case()

    def command(words):
        (tmp_path / "inputs" / "one" / "b.dcm").write_bytes(b"a scanner still sends")
        return 0

    assert not folder.is_finished(case, made(case, root, command)[1])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "dicom-to-print/batch-case/1"}', "[" * 9999])
def test_a_damaged_outcome_is_none(text):
    assert CaseOutcome.from_text(text) is None


def test_settings_are_hashed_with_the_contents_of_own_files(tmp_path):
    own = tmp_path / "our.json"
    own.write_text("1", encoding="utf-8")
    one = settings_hash("run", ["--process", str(own)], [own])
    own.write_text("2", encoding="utf-8")
    assert settings_hash("run", ["--process", str(own)], [own]) != one
    assert len({settings_hash("run", words, []) for words in (["ab"], ["a", "b"], [])}) == 3
