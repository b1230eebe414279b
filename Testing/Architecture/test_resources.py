"""Every JSON file that ships is valid against the schema beside it."""

import json
from pathlib import Path

import pytest

RESOURCES = Path(__file__).resolve().parents[2] / "DicomToPrint" / "dicomtoprint" / "data"
jsonschema = pytest.importorskip("jsonschema")
CASES = sorted(path for path in RESOURCES.rglob("*.json") if not path.name.endswith("schema.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.relative_to(RESOURCES).as_posix())
def test_a_file_is_valid_against_the_schema_beside_it(path):
    schema = path.parent / "schema.json"
    assert schema.is_file(), f"{path.parent.name} has no schema.json"
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    errors = [
        f"{'/'.join(map(str, error.path))}: {error.message}"
        for error in validator.iter_errors(json.loads(path.read_text(encoding="utf-8")))
    ]
    assert not errors, errors


@pytest.mark.parametrize("path", sorted(RESOURCES.rglob("*schema.json")), ids=lambda path: path.parent.name)
def test_a_schema_is_a_schema(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(content)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.relative_to(RESOURCES).as_posix())
def test_a_preset_is_named_as_its_file(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    if "name" in content and path.parent.name in ("protocols", "processes", "printers", "uses", "anatomy"):
        assert content["name"] == path.stem


def test_a_built_in_table_of_names_has_the_form_of_this_program():
    """A user's own may be without a title, and has another form then."""
    assert all(
        "title" in json.loads(path.read_text(encoding="utf-8")) for path in CASES if path.parent.name == "label_names"
    )
