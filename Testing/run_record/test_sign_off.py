"""The log of sign-offs: any byte that changes is seen, and what it cannot show is said."""

import json

import numpy as np
import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config import resources
from dicomtoprint.errors import OutputError, RefusedError
from dicomtoprint.io.atomic import write_bytes_atomically
from dicomtoprint.messages import speaking
from dicomtoprint.report import ReportContent, write_report
from dicomtoprint.report.sign_off_page import PAGE
from dicomtoprint.run_record import append_sign_off, check_sign_off, new_run_record, sign_off, write_record
from dicomtoprint.run_record.sign_off import LOG


@pytest.fixture
def record(tmp_path):
    (tmp_path / "review").mkdir()
    (tmp_path / "bone.stl").write_bytes(bytes(range(200)))
    (tmp_path / "review" / "review.json").write_text("{}", encoding="utf-8")
    return write_record(tmp_path, new_run_record(parameters={"process": "fdm"}))


def test_files_and_log_hold_until_something_changes(record, capsys):
    assert (
        main(["sign", str(record), "--role", "radiologist", "--decision", "approve", "--comment", "as\nplanned"]) == 0
    )
    said = capsys.readouterr().out
    assert "approved by radiologist" in said and "as planned" in said and "released" not in said
    page = (record.parent / PAGE).read_text(encoding="utf-8")
    assert "approved by radiologist" in page and "no electronic signature" in page
    assert main(["sign", str(record.parent), "--verify"]) == 0
    (record.parent / "new.txt").write_text("later", encoding="utf-8")
    assert main(["sign", str(record.parent), "--verify"]) == 0
    assert "Not signed, since newer: new.txt" in capsys.readouterr().out


def test_the_report_says_who_approved_and_any_byte_of_it_is_signed(record, capsys):
    report = record.parent / "report.html"
    write_report(record.parent, ReportContent(record_sha256="0" * 64))
    assert "nobody has signed" in report.read_text(encoding="utf-8")
    sign = ["sign", str(record), "--decision", "approve", "--role"]
    assert main([*sign, "radiologist", "--comment", "<b>as</b> \\1 planned"]) == 0
    page = report.read_text(encoding="utf-8")
    assert "approved by radiologist" in page and "released" not in page and "nobody has signed" not in page
    assert "&lt;b&gt;as&lt;/b&gt; \\1 planned" in page and "<b>as" not in page
    assert main([*sign[:3], "reject", "--role", "surgeon"]) == 0
    page = report.read_text(encoding="utf-8")
    assert page.index("approved by radiologist") < page.index("rejected by surgeon")
    assert main(["sign", str(record), "--verify"]) == 0
    (record.parent / "bone.stl").write_bytes(b"another")
    assert main([*sign, "technician"]) == 0
    page = report.read_text(encoding="utf-8")
    assert "approved by technician" in page and "radiologist" not in page, "they saw another model"
    whole = bytearray(report.read_bytes())
    for words in (b"approved by", b"</main>"):
        damaged = whole.copy()
        damaged[whole.index(words)] ^= 1
        report.write_bytes(damaged)
        capsys.readouterr()
        assert main(["sign", str(record), "--verify"]) == 1
        assert "BROKEN: changed since sign-off 3: report.html" in capsys.readouterr().out


def test_a_report_speaks_of_its_approval_in_its_own_language(record):
    with speaking("de"):
        write_report(record.parent, ReportContent(record_sha256="0" * 64))
    append_sign_off(record, "Radiologie", "approve")
    assert "genehmigt durch Radiologie" in (record.parent / "report.html").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_leaves_the_log_as_it_was(record, monkeypatch):
    write_report(record.parent, ReportContent(record_sha256="0" * 64))
    append_sign_off(record, "radiologist", "approve")
    before = (record.parent / LOG).read_bytes()

    def full(path, data):
        if path.name == "report.html":
            raise OutputError("the disk is full")
        return write_bytes_atomically(path, data)

    monkeypatch.setattr(sign_off, "write_bytes_atomically", full)
    with pytest.raises(OutputError):
        append_sign_off(record, "surgeon", "approve")
    assert (record.parent / LOG).read_bytes() == before and check_sign_off(record).holds


def test_points_of_the_anatomy_that_were_looked_at_stand_in_log_and_page(record, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    command = ["sign", str(record), "--role", "surgeon", "--decision", "approve"]
    assert main([*command, "--checked", "left orbit whole", "--checked", "no wall joined\nto the next"]) == 0
    words = "checked: left orbit whole, no wall joined to the next"
    assert words in capsys.readouterr().out and words in (record.parent / PAGE).read_text(encoding="utf-8")
    line = json.loads((record.parent / LOG).read_text(encoding="utf-8"))
    jsonschema.validate(
        line, json.loads((resources.RESOURCE_DIR / "report" / "sign-off.schema.json").read_text(encoding="utf-8"))
    )
    assert line["checked"] == ["left orbit whole", "no wall joined to the next"]
    assert check_sign_off(record).holds
    assert main(["sign", str(record), "--verify", "--checked", "more"]) == 2


def test_the_checklist_of_the_run_is_signed_with_what_is_open(tmp_path, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    given = {
        "question": "anatomy-included",
        "text": "All?",
        "answer": "yes",
        "role": "technician",
        "time": "2026-11-30",
    }
    record = write_record(
        tmp_path, new_run_record(checklist=(given, {"question": "anatomy-kept", "text": "Kept?", "answer": None}))
    )
    command = ["sign", str(record), "--role", "surgeon", "--decision", "approve"]
    assert main([*command, "--json", str(tmp_path / ".state.json")]) == 0
    said, page = capsys.readouterr().out, (tmp_path / PAGE).read_text(encoding="utf-8")
    for words in ("anatomy-included: yes, technician, 2026-11-30", "anatomy-kept: not answered"):
        assert words in said and words in page
    line = json.loads((tmp_path / LOG).read_text(encoding="utf-8"))
    state = json.loads((tmp_path / ".state.json").read_text(encoding="utf-8"))
    for content, name in ((line, "sign-off"), (state, "sign-off-check")):
        schema = resources.RESOURCE_DIR / "report" / f"{name}.schema.json"
        jsonschema.validate(content, json.loads(schema.read_text(encoding="utf-8")))
    assert [one["answer"] for one in line["answers"]] == ["yes", None]
    (tmp_path / LOG).write_text(json.dumps(line).replace("yes", "no"), encoding="utf-8")
    assert check_sign_off(record).broken
    damaged = json.loads(record.read_text(encoding="utf-8")) | {"checklist": [{"question": "anatomy-kept"}, 3]}
    record.write_text(json.dumps(damaged), encoding="utf-8")
    (tmp_path / LOG).unlink()
    assert main(command) == 3
    assert not (tmp_path / LOG).exists()


@pytest.mark.parametrize("name", ["bone.stl", "record.json", "review/review.json"])
def test_any_changed_byte_of_a_signed_file_is_seen(record, name, capsys):
    append_sign_off(record, "surgeon", "approve")
    path = record.parent / name
    whole = bytearray(path.read_bytes())
    # A record must stay readable to be looked at: a digit of its time changes, a byte of the others.
    at = whole.index(b"20") + 2 if name == "record.json" else len(whole) // 2
    whole[at] ^= 1
    path.write_bytes(whole)
    assert main(["sign", str(record), "--verify"]) == 1
    assert f"BROKEN: changed since sign-off 1: {name}" in capsys.readouterr().out
    path.unlink()
    if name != "record.json":
        assert check_sign_off(record).gone == (name,)


def test_any_changed_byte_of_the_log_is_seen(record):
    for role in ("surgeon", "technician"):
        append_sign_off(record, role, "approve", "größer", checked=("orbit whole",))
    path = record.parent / LOG
    whole = path.read_bytes()
    assert check_sign_off(record).holds
    random = np.random.default_rng(0)
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= int(random.integers(1, 256))
        path.write_bytes(damaged)
        assert check_sign_off(record).broken, f"byte {at}"
    for damaged in (whole[:-1], whole[:-5], b"", b"\n", whole + b"\n", whole.split(b"\n")[1] + b"\n", whole * 2):
        path.write_bytes(damaged)
        assert check_sign_off(record).broken
    with pytest.raises(RefusedError, match="not continued"):
        append_sign_off(record, "surgeon", "approve")


def test_a_log_cut_short_or_written_anew_is_seen_by_the_head_that_was_kept(record, capsys):
    append_sign_off(record, "surgeon", "reject", "wall too thin")
    first = (record.parent / LOG).read_bytes()
    head = append_sign_off(record, "surgeon", "approve").head
    assert check_sign_off(record, head).holds
    (record.parent / LOG).write_bytes(first)
    assert check_sign_off(record).holds, "without the head nothing shows it"
    assert main(["sign", str(record), "--verify", "--head", head]) == 1
    assert "its head is not the one that was kept" in capsys.readouterr().out
    (record.parent / LOG).unlink()
    assert main(["sign", str(record), "--verify", "--head", head]) == 1
    assert main(["sign", str(record), "--verify"]) == 1


@pytest.mark.parametrize(
    "options, words",
    [
        (["--role", "surgeon"], "needs --role and --decision"),
        (["--role", " ", "--decision", "approve"], "needs --role"),
        (["--verify", "--role", "surgeon"], "only looks"),
        (["--role", "a", "--decision", "reject", "--head", "0"], "by --verify"),
    ],
)
def test_halves_of_a_sign_off_are_refused(record, options, words, capsys):
    assert main(["sign", str(record), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (record.parent / LOG).exists()


def test_the_state_is_json_too(record, capsys):
    append_sign_off(record, "surgeon", "approve")
    assert main(["sign", str(record), "--verify", "--json", "-"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["holds"] and content["entries"][0]["role"] == "surgeon"
