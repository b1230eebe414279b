"""One door for all kinds of data files: a user's own is held against its schema, and a fault is told with its line."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dicomtoprint.config import resources
from dicomtoprint.config.json_places import read_with_places
from dicomtoprint.config.resources import RESOURCE_DIR, builtin_names, load_data_file
from dicomtoprint.errors import MissingDependencyError, UsageError

# A field of each kind, in the file named first, that the object around it must have and no other may stand beside.
FIELDS = {
    "anatomy": ("bone", "segments", 0, "terminology", "category", "scheme"),
    "backends": ("nnunet", "licences", "own", "title"),
    "batch": ("batch", "attempts"),
    "browsers": ("browsers", "commands"),
    "causes": ("causes", "rows", 0, "cause"),
    "checklists": ("anatomy", "removed", "figures", 0, "figure"),
    "codes": ("totalsegmentator", "codes", "adrenal_gland_left", "category", "scheme"),
    "coupon": ("coupon", "ladders", 0, "kind"),
    "kernels": ("kernels", "rows", 0, "vendor"),
    "label_names": ("totalsegmentator-heart", "labels"),
    "plans": ("plan", "processes", "fdm", "supports"),
    "printers": ("fdm-200", "build_mm"),
    "processes": ("fdm", "limits", "wall_supported_mm", "value"),
    "protocols": ("exoplan-import", "rules", 3, "operator"),
    "readiness": ("rules", "rules", 2, "severity"),
    "repair": ("limits", "loss", "p95_share"),
    "review": ("limits", "judgement", "surface_share"),
    "rule_sets": ("integrity", "rules", 1, "fact"),
    "sizes": ("anatomy", "units", 0, "unit"),
    "slicers": ("prusa-slicer", "jobs", "fdm", "time", "pattern"),
    "uses": ("dental", "gate", "blocked_by"),
    "walls": ("walls", "density", "step_mm", "value"),
}
ROWS = pytest.mark.parametrize("kind", sorted(FIELDS))


def own(folder, text):
    path = folder / "own.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


def content_of(kind):
    """Content of the file of `FIELDS`, the path of the field, and the object around it."""
    name, *path = FIELDS[kind]
    content = json.loads((RESOURCE_DIR / kind / f"{name}.json").read_text(encoding="utf-8"))
    around = content
    for step in path[:-1]:
        around = around[step]
    return content, path, around


def refusal(kind, folder, text):
    """(line, problem) of the sentence with which a file is refused."""
    with pytest.raises(UsageError) as caught:
        load_data_file(kind, own(folder, text))
    sentence = str(caught.value)
    found = re.fullmatch(r"own\.json, line (\d+): (.+): correct it there; what may stand .* in data/(\w+)/.*", sentence)
    assert found and found[3] == kind, sentence
    return int(found[1]), found[2]


def line_with(text, words):
    return text.count("\n", 0, text.index(words)) + 1


def written(path):
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]


def test_every_kind_with_a_schema_is_in_the_table():
    assert {path.parent.name for path in RESOURCE_DIR.glob("*/schema.json")} == set(FIELDS)


@ROWS
def test_a_file_of_the_users_own_is_what_the_built_in_one_is(kind, tmp_path):
    name, text = FIELDS[kind][0], json.dumps(content_of(kind)[0])
    assert load_data_file(kind, own(tmp_path, text)).content == load_data_file(kind, name).content


@ROWS
def test_a_wrong_type_is_told_with_its_line(kind, tmp_path):
    content, path, around = content_of(kind)
    wrong = 17.25 if isinstance(around[path[-1]], str) else "unlikely"
    around[path[-1]] = wrong
    text = json.dumps(content, indent=1)
    line, problem = refusal(kind, tmp_path, text)
    assert line == line_with(text, json.dumps(wrong)) and problem.startswith(f"'{written(path)}' must be ")


@ROWS
def test_an_unknown_field_is_told_with_the_name_that_was_meant(kind, tmp_path):
    content, path, around = content_of(kind)
    around[path[-1] + "q"] = around.pop(path[-1])
    text = json.dumps(content, indent=1)
    line, problem = refusal(kind, tmp_path, text)
    meant = f"; did you mean '{path[-1]}'?"
    assert line == line_with(text, f'"{path[-1]}q"') and problem == f"'{written(path)}q' is an unknown field{meant}"


@ROWS
def test_a_missing_field_is_told_with_the_object_that_lacks_it(kind, tmp_path):
    content, path, around = content_of(kind)
    del around[path[-1]]
    text = json.dumps(content, indent=1)
    line, problem = refusal(kind, tmp_path, text)
    there = f" in '{written(path[:-1])}'" if path[:-1] else ""
    assert problem == f"the field '{path[-1]}' is missing{there}"
    assert line == read_with_places(text).line(path[:-1])


@ROWS
def test_broken_json_is_told_with_its_line(kind, tmp_path):
    content, _path, around = content_of(kind)
    around["unlikely"] = 1
    text = json.dumps(content, indent=1).replace('"unlikely":', '"unlikely"')
    line, problem = refusal(kind, tmp_path, text)
    assert line == line_with(text, '"unlikely"') and re.match(r"from column \d+ on this is no JSON", problem)


LINES = '{\n "a": 1,\n "b":\n  [1,\n   {"c\\"d"\n: {}}],\n\t"e": "\\u00e9",\n "f": {}\n}'


def test_places_are_those_of_names_and_of_entries_of_lists():
    placed = read_with_places(LINES)
    assert placed.content == json.loads(LINES)
    assert {path: placed.line(path) for path in placed.offsets} == {
        (): 1,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 1): 5,
        ("b", 1, 'c"d'): 5,
        ("e",): 7,
        ("f",): 8,
    }
    assert placed.line(("b", 1, "no such", "name")) == 5


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('{"build_mm": 1,\n"name": "x",\n"build_mm": 2}', 3, "'build_mm' stands there twice"),
        ('{"name": "x",\n"margin_mm": NaN}', 2, "from column 14 on this is no JSON"),
        ('{"name": "x",\n\n"margin_mm": 1e999}', 3, "from column 14 on this is no JSON"),
        ('{"name": "x",\n"margin_mm": ' + "9" * 5000 + "}", 2, "from column 14 on this is no JSON"),
        ("\n[]", 1, "an object in { } was expected"),
        ("[" * 100_000, 1, "it is nested too deeply"),
        ('{"name": "x"} \n 1', 2, "from column 2 on this is no JSON"),
    ],
)
def test_what_json_itself_forbids_is_told(text, line, problem, tmp_path):
    found, words = refusal("printers", tmp_path, text)
    assert found == line and words.startswith(problem)


CHANGES = [
    ("printers", {"build_mm": [1, 2, 0]}, "'build_mm[2]' must be more than 0, not 0"),
    ("printers", {"build_mm": [1, 2]}, "'build_mm' must have 3 entries or more, not 2"),
    ("printers", {"margin_mm": -1}, "'margin_mm' must be 0 or more, not -1"),
    ("printers", {"name": ""}, "'name' must not be empty"),
    ("printers", {"schema": "dicom-to-print/process/1", "nam": 1}, "'schema' must be \"dicom-to-print/printer/1\","),
    ("processes", {"overhangs": "none"}, '\'overhangs\' must be one of "supports", "free", not "none"'),
    ("processes", {"name": "A b"}, "'name' must be written as the pattern ^[a-z0-9-]+$ asks, not \"A b\""),
    ("processes", {"limits": {}}, "the field 'wall_supported_mm' is missing in 'limits'"),
    (
        "processes",
        {"limits": {"wall_suported_mm": {"value": 1}}},
        "the field 'wall_supported_mm' is missing in 'limits'; did you mean it by 'wall_suported_mm'?",
    ),
    (
        "backends",
        {"tasks": {"a": {"modality": "CT", "voxel_mm": [1, 2], "licence": "own", "arguments": [], "labels": "x"}}},
        "'tasks.a.voxel_mm' must have 3 entries or more, not 2",
    ),
    ("slicers", {"refusals": ["("]}, "'refusals[0]' must be a regular expression, not \"(\""),
    ("slicers", {"jobs": {}}, "'jobs' must have 1 field or more, not 0"),
    ("anatomy", {"method": "grey", "surroundings": 1}, "'surroundings' must be true or false, not 1"),
    ("label_names", {"labels": {"1": 2.5}}, "'labels.1' must be"),
]


@pytest.mark.parametrize(("kind", "change", "problem"), CHANGES)
def test_the_words_say_what_is_wrong(kind, change, problem, tmp_path):
    text = json.dumps({**content_of(kind)[0], **change}, indent=1)
    assert problem in refusal(kind, tmp_path, text)[1]


def test_a_file_of_windows_and_an_editors_schema_are_welcome(tmp_path):
    content = {"$schema": "printers/schema.json", **content_of("printers")[0]}
    path = tmp_path / "own.json"
    path.write_text(json.dumps(content, indent="\t"), encoding="utf-8-sig", newline="\r\n")
    assert load_data_file("printers", str(path)).content == load_data_file("printers", "fdm-200").content


def test_schemas_refer_to_themselves_alone():
    """Nothing is fetched for a check."""
    for path in RESOURCE_DIR.glob("*/schema.json"):
        assert set(re.findall(r'"\$ref":\s*"(.)', path.read_text(encoding="utf-8"))) <= {"#"}, path.parent.name


def test_built_in_files_need_no_validator_and_a_users_own_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    for kind in FIELDS:
        for name in builtin_names(kind):
            load_data_file(kind, name)
    with pytest.raises(MissingDependencyError, match="checked by the package jsonschema, which this Python lacks"):
        load_data_file("printers", own(tmp_path, json.dumps(content_of("printers")[0])))


def test_a_check_loads_no_validator(tmp_path):
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(Path(resources.__file__).parents[2])!r})\n"
        "from dicomtoprint.cli.main import main\n"
        f"assert main(['check', {str(tmp_path)!r}, '--no-pixels']) == 3\n"
        "assert not {'jsonschema', 'dicomtoprint.config.json_places', 'dicomtoprint.config.schema_faults'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
