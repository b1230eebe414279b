"""Presets: data that fit their schema, and a user's own with its faults named."""

import json

import jsonschema
import pytest

from dicomtoprint.config import resources
from dicomtoprint.config.resources import builtin_names
from dicomtoprint.errors import UsageError
from dicomtoprint.segmentation import load_anatomy

WANTED = {
    "bone",
    "skull",
    "jaw",
    "jaws-apart",
    "single-bone",
    "bones-apart",
    "vertebra",
    "skin",
    "contrast-vessels",
    "airway",
    "heart-blood-pool",
    "lung",
    "metal",
    "from-segmentation",
}


def test_the_presets_of_the_contract_are_there():
    assert set(builtin_names("anatomy")) >= WANTED


@pytest.mark.parametrize("name", sorted(WANTED))
def test_preset_fits_schema_and_loads(name):
    schema = json.loads((resources.RESOURCE_DIR / "anatomy" / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    content, _ = resources.load_json_resource("anatomy", name)
    jsonschema.Draft202012Validator(schema).validate(content)
    anatomy = load_anatomy(name)
    assert anatomy.name == name and len(anatomy.help) > 40
    for look in anatomy.looks:
        assert all(0 <= channel <= 1 for channel in look.color)
        assert look.terminology["type"]["scheme"] == "SCT" and look.terminology["category"]["code"].isdigit()


def test_schema_and_loader_know_the_same_settings():
    from dataclasses import fields

    from dicomtoprint.segmentation import presets as room

    schema = json.loads((resources.RESOURCE_DIR / "anatomy" / "schema.json").read_text(encoding="utf-8"))
    for group, kind in room._GROUPS.items():
        assert set(schema["properties"][group]["properties"]) == {item.name for item in fields(kind)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"boundary": {"start": "high", "range": [1, 2]}}, "'boundary.start' must be a number"),
        ({"boundary": {"start": 1, "range": [2, 1]}}, "'boundary.range' must be two rising numbers"),
        ({"parts": {"keep": "some"}}, 'parts.keep\' must be one of "all", "largest", "seed", not "some"'),
        ({"colour": 3}, "'colour' is an unknown field"),
        ({"segments": []}, "'segments' must have 1 entry or more"),
        ({"method": "magic"}, "'method' must be"),
        ({"surroundings": 1}, "true or false"),
    ],
)
def test_a_users_faulty_preset_is_named_with_line_and_reason(tmp_path, change, words):
    content, _ = resources.load_json_resource("anatomy", "bone")
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({**content, **change}, indent=1), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_anatomy(str(path))
    message = str(caught.value)
    assert words in message and message.startswith("mine.json, line ") and str(tmp_path) not in message


def test_a_users_own_preset_loads(tmp_path):
    content, _ = resources.load_json_resource("anatomy", "bone")
    content["name"], content["boundary"]["start"] = "small-bone", 400
    path = tmp_path / "small-bone.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert load_anatomy(str(path)).boundary.start == 400
