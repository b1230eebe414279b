"""The pages: rebuilt from the folders, with nothing in them that acts, and no group of scans small enough to point to a patient."""

import csv
import io
import json
import re

import pytest
from filelock import FileLock

from dicomtoprint.batch import folder
from dicomtoprint.batch.board import COLUMNS, Board, ScanFacts, write_csv
from dicomtoprint.batch.case import CaseOutcome
from dicomtoprint.batch.league import league_table, table_rows
from dicomtoprint.batch.page import write_pages

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&\u2028"


def outcome(name, verdict="ready", reason="", scanner="Maker Model", month="2026-01"):
    clauses = (
        [{"protocol": "p", "clause": "O1", "outcome": "fail", "severity": "reject"}] if verdict == "reject" else []
    )
    scan = {"verdict": verdict, "scanner": scanner, "kernel": "B30", "month": month, "clauses": clauses}
    return CaseOutcome(name, verdict, 0, reason, scan=scan, measures={"triangles": 12}, models={"bone.stl": "ab"})


def place(root, made):
    own = folder.case_folder(root, made.case)
    (own / "result").mkdir(parents=True)
    (own / "result" / "report.html").write_text("<html></html>", encoding="utf-8")
    folder.write_outcome(own, made)


def test_the_page_comes_from_the_folders(root):
    for number in range(3):
        place(root, outcome(f"c{number}", ("ready", "reject", "failed")[number]))
    board = Board(root, ["c0", "new"])
    write_pages(board, root, 2, least=1)
    status = json.loads((root / "status.json").read_text(encoding="utf-8"))
    assert {**status, "updated": ""} == {**board.status(2), "updated": ""}
    assert {name: count for name, count in status["counts"].items() if count} == {
        "ready": 1,
        "reject": 1,
        "failed": 1,
        "waiting": 1,
    }
    by_name = {case["case"]: case for case in status["cases"]}
    assert (root / by_name["c0"]["report"]).is_file()
    assert by_name["c0"]["thumbnail"] is None
    assert by_name["new"]["verdict"] == "waiting"
    rows = list(csv.reader(io.StringIO((root / "summary.csv").read_text(encoding="utf-8"))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 5


def test_one_batch_writes_the_pages_at_a_time(root):
    with FileLock(root / folder.LOCK):
        assert not write_pages(Board(root, []), root, 0, least=1)
    assert not (root / "index.html").exists()
    assert write_pages(Board(root, []), root, 0, least=1)


def test_what_files_say_is_text_on_the_page(root):
    place(root, outcome("c0", "reject", reason=HOSTILE, scanner=HOSTILE))
    write_pages(Board(root, []), root, 0, least=1)
    page = (root / "index.html").read_text(encoding="utf-8")
    data = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert len(data) == 1
    assert json.loads(data[0])["cases"][0][3] == HOSTILE
    for text in (page, (root / "scanners.html").read_text(encoding="utf-8")):
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_the_page_needs_no_network(root):
    write_pages(Board(root, []), root, 0, least=1)
    for name in ("index.html", "scanners.html"):
        text = (root / name).read_text(encoding="utf-8")
        assert not re.findall(r"https?://|//cdn|@import|fetch\(|XMLHttpRequest", text)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1"])
def test_a_table_holds_no_formula(text, tmp_path):
    write_csv(tmp_path / "a.csv", ["a", "b"], [[text, -1.5]])
    with open(tmp_path / "a.csv", encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream))[1] == [f"'{text}", "-1.5"]


def scans(count, scanner, kernel="B30", month="2026-01", rejected=0):
    clause = frozenset({("p", "O1", "reject")})
    return [
        ScanFacts(
            scanner,
            kernel,
            month,
            "reject" if number < rejected else "warn",
            clause if number < rejected else frozenset(),
        )
        for number in range(count)
    ]


def test_scanners_are_counted_by_clause():
    rows, hidden = league_table([*scans(6, "A", rejected=2), *scans(7, "B", rejected=5)], 5)
    assert hidden == 0
    assert [(row.scanner, row.scans, row.rejected, row.not_passed) for row in rows] == [
        ("B", 7, 5, ((("p", "O1", "reject"), 5),)),
        ("A", 6, 2, ((("p", "O1", "reject"), 2),)),
    ]
    assert [line[-1] for line in table_rows(rows)] == [5, 2]


def test_small_groups_are_counted_with_others():
    small = [*scans(3, "A", month="2026-02"), *scans(3, "A", month="2026-03")]
    rows, hidden = league_table([*scans(6, "A"), *small, *scans(2, "B"), *scans(4, "C", kernel="B60")], 5)
    assert sorted((row.scanner, row.month, row.scans) for row in rows) == [
        ("A", "2026-01", 6),
        ("A", "other months", 6),
        ("other scanners", "other months", 6),
    ]
    assert hidden == 0
    assert league_table(scans(4, "A"), 5) == ((), 4)
