"""Measures of a plate become the lab's own process; hostile forms get one sentence."""

import json
import re

import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config import resources
from dicomtoprint.printability import load_process
from Phantoms.coupons import printed_form, write_map
from Phantoms.solids import box, write_stl

WHO = ["--printer", "MK4 no. 2", "--material", "PLA", "--person", "technician"]


def calibrated(folder, text, *more):
    """Exit code and the path of the process file of `calibrate` on a form."""
    form, target = folder / "form.csv", folder / "lab" / "mk4.json"
    form.write_text(text, encoding="utf-8")
    code = main(["calibrate", str(folder), "--measured", str(form), *WHO, "--output", str(target), "--quiet", *more])
    return code, target


def thin(limit):
    return lambda feature: feature["kind"] not in ("wall-held", "wall-free") or feature["nominal"] >= limit


@pytest.mark.parametrize("separator", [",", ";"])
def test_limits_scale_and_circumstances_stand_in_a_valid_process(tmp_path, separator, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    content = write_map(tmp_path)
    text = printed_form(content, scale=(0.996, 1.002, 0.99), growth=0.05, holds=thin(0.6), separator=separator)
    if separator == ";":
        text = "\n".join(
            ";".join(c if i != 5 else c.replace(".", ",") for i, c in enumerate(row.split(";")))
            for row in text.split("\n")
        )
    code, path = calibrated(tmp_path, text, "--date", "2026-03-01", "--instrument", "caliper 7")
    assert code == 0
    said = capsys.readouterr().out
    assert "x: printed -0.40 %" in said and "holds until 2026-08-28" in said
    lab = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads((resources.RESOURCE_DIR / "processes" / "schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(lab, schema)
    process = load_process(str(path))
    found = process.calibration
    assert found is not None and process.technology == "fdm"
    assert (found.printer, found.material, found.person) == ("MK4 no. 2", "PLA", "technician")
    assert found.scale == pytest.approx((0.996, 1.002, 0.99), abs=1e-4)
    assert found.compensation == pytest.approx((1 / 0.996, 1 / 1.002, 1 / 0.99), abs=1e-4)
    assert lab["calibration"]["growth_mm"] == pytest.approx([0.05] * 3, abs=0.01)
    # Walls of 0.64 came out (0.8 x 0.8), those of 0.48 did not; everything else came out to the end of its ladder.
    assert process.limit("wall_supported_mm") == process.limit("wall_unsupported_mm") == pytest.approx(0.64)
    assert process.limit("pin_mm") == pytest.approx(1.2) and process.limit("overhang_deg") == pytest.approx(60.0)
    assert process.limit("emboss_width_mm") == pytest.approx(0.3) and process.limit(
        "emboss_height_mm"
    ) == pytest.approx(1.0)
    # Growth, the caliper's error, and a width along x that is not printed as y is: 50 mm at 0.3 % between them.
    assert 0.05 < process.limit("tolerance_mm") < 0.15
    assert process.limit("layer_mm") == load_process("fdm").limit("layer_mm")


@pytest.mark.parametrize("process", resources.builtin_names("processes"))
def test_a_wall_between_the_old_and_the_new_limit_changes_its_verdict(process, tmp_path):
    old = load_process(process).limit("wall_supported_mm")
    code, path = calibrated(tmp_path, printed_form(write_map(tmp_path, process), holds=thin(0.75 * old)))
    assert code == 0
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((resources.RESOURCE_DIR / "processes" / "schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
    wall = tmp_path / "wall.stl"
    write_stl(wall, box(30.0, 0.9 * old, 10.0))
    found = {}
    for name in (process, str(path)):
        target = tmp_path / "out.json"
        main(["inspect", str(wall), "--process", name, "--json", str(target), "--quiet"])
        found[name] = json.loads(target.read_text(encoding="utf-8"))
    outcomes = [
        next(one["outcome"] for one in found[name]["findings"] if one["rule"] == "wall")
        for name in (process, str(path))
    ]
    assert outcomes == ["fail", "pass"]
    assert found[process]["verdict"] == "not-ready" and found[str(path)]["verdict"] != "not-ready"
    finding = next(one for one in found[str(path)]["findings"] if one["rule"] == "calibration")
    assert finding["outcome"] == "pass" and "MK4 no. 2 with PLA" in finding["message"]


def test_a_feature_of_the_wrong_size_did_not_come_out(tmp_path):
    """A wall drawn as 0.32 mm that is printed as 0.9 mm holds nothing below 0.8."""

    def change(rows):
        for row in rows:
            if row[1][0] in "WF" and float(row[3]) < 0.6:
                row[5] = "0.9"
        return rows

    _code, path = calibrated(tmp_path, printed_form(write_map(tmp_path), change=change))
    assert load_process(str(path)).limit("wall_supported_mm") == pytest.approx(0.64)


def test_what_comes_out_beyond_a_gap_in_the_ladder_does_not_count(tmp_path, capsys):
    text = printed_form(write_map(tmp_path), holds=lambda feature: feature["name"] != "H3")
    _code, path = calibrated(tmp_path, text)
    assert load_process(str(path)).limit("hole_mm") == pytest.approx(2.0)
    assert "they do not count" in capsys.readouterr().out


def test_what_nobody_publishes_is_measured(tmp_path):
    _code, path = calibrated(
        tmp_path, printed_form(write_map(tmp_path, "dmls"), holds=lambda f: f["kind"] != "gap" or f["nominal"] > 0.25)
    )
    assert load_process("dmls").limit("clearance_mm") is None
    assert load_process(str(path)).limit("clearance_mm") == pytest.approx(0.3)


def cell(name, column, text):
    """Rows with one cell of the feature `name` changed."""

    def change(rows):
        return [[*row[:column], text, *row[column + 1 :]] if row[1] == name else row for row in rows]

    return change


HOSTILE = {
    "no number": (cell("X2", 5, "about 50"), "X2: 'about 50' is no length in mm"),
    "another unit": (cell("X2", 5, "4.99 cm"), "'4.99 cm' is no length in mm"),
    "inches": (cell("X2", 5, "1.96"), "X2 was drawn as 50 mm and measured as 1.96 mm"),
    "nan": (cell("X2", 5, "nan"), "is no length in mm"),
    "infinite": (cell("X2", 5, "1e999"), "is no length in mm"),
    "negative": (cell("X2", 5, "-50"), "is no length in mm"),
    "open": (cell("X2", 5, ""), "X2: the length is left open"),
    "neither yes nor no": (cell("W3", 6, "almost"), "W3: 'almost' is neither yes nor no"),
    "open question": (cell("W3", 6, ""), "W3: is left open"),
    "a length where none is asked": (cell("H2", 5, "1.2"), "H2 is only looked at"),
    "rows missing": (lambda rows: rows[:-3], "the rows of Z1, Z2, S are missing"),
    "a row twice": (lambda rows: [*rows, rows[0]], "W1 is given twice"),
    "unknown name": (cell("W1", 1, "Q9"), "the plate has no feature 'Q9'"),
    "drawn size changed": (cell("W1", 3, "0.5"), "W1 was drawn as 0.32 mm"),
    "another plate": (cell("W1", 0, "0123456789ab"), "this row is of the plate '0123456789ab'"),
    "one scale that no printer has": (cell("Z1", 5, "8.1"), "which no printer in order does"),
    "nothing came out": (lambda rows: [[*r[:6], "no"] if r[1][0] == "P" else r for r in rows], "Not even P5"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_form_gets_one_sentence_and_writes_nothing(tmp_path, name, capsys):
    change, expected = HOSTILE[name]
    code, path = calibrated(tmp_path, printed_form(write_map(tmp_path), change=change))
    said = capsys.readouterr().err
    assert code in (1, 3) and expected in said and said.count("\n") == 1 and "Internal" not in said
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no form of a test plate"),
        ("a,b\n1,2\n", "no form of a test plate"),
        ("coupon,name,what,nominal,unit,measured_mm,holds\n" + "x" * 200_000, "no table"),
        ('coupon,name,measured_mm,holds\n"a', "no table"),
        ("coupon,name,what,nominal,unit,measured_mm,holds\nID,X2,length,50,mm,49,87,-\n", "more columns than heads"),
        ("\x00" * 50, "no"),
    ],
    ids=["empty", "another table", "one long cell", "open quote", "decimal comma", "zeros"],
)
def test_what_is_no_form_gets_one_sentence(tmp_path, text, expected, capsys):
    content = write_map(tmp_path)
    code, path = calibrated(tmp_path, text.replace("ID", content["id"]))
    said = capsys.readouterr().err
    assert code == 3 and expected in said and said.count("\n") == 1
    assert not path.exists()


def test_a_map_that_was_changed_or_is_none_is_refused(tmp_path, capsys):
    content = write_map(tmp_path)
    text = printed_form(content)
    content["features"][0]["nominal"] = 0.1
    (tmp_path / "coupon.json").write_text(json.dumps(content), encoding="utf-8")
    assert calibrated(tmp_path, text)[0] == 3
    assert "was changed after it was written" in capsys.readouterr().err
    (tmp_path / "coupon.json").write_text("[1, 2", encoding="utf-8")
    assert calibrated(tmp_path, text)[0] == 3
    assert "no map of a test plate" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [{"expires": "2020-01-01"}, {"scale": [0, 1, 1]}, {"date": "yesterday"}, {"compensation": [1, 1]}, {"measured": 3}],
    ids=str,
)
def test_a_calibration_that_makes_no_sense_is_refused(tmp_path, change, capsys):
    _code, path = calibrated(tmp_path, printed_form(write_map(tmp_path)))
    content = json.loads(path.read_text(encoding="utf-8"))
    content["calibration"] |= change
    path.write_text(json.dumps(content), encoding="utf-8")
    wall = tmp_path / "wall.stl"
    write_stl(wall, box(30.0, 2.0, 10.0))
    assert main(["inspect", str(wall), "--process", str(path), "--quiet"]) == 2
    assert re.search(rf"mk4\.json, line \d+: 'calibration\.{next(iter(change))}[\['\]]", capsys.readouterr().err)
