"""Names of settings: one serialised name a field, what 0.1.0 wrote loads and replays, and nothing unknown is dropped.

`v010/` holds files that 0.1.0 wrote: records of runs on its own phantom, with the presets that one of them names, and the
settings of a panel in which every setting was changed, with the command line that 0.1.0 gave for them.
"""

import importlib
import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.cli.parser import build_parser, join_negative_values
from dicomtoprint.cli.settings_from_args import settings_from_args
from dicomtoprint.config.options import OPTION_OF_SETTING
from dicomtoprint.config.run_settings import (
    RunSettings,
    run_settings_from_json,
    run_settings_from_keywords,
    serialised_name,
    to_cli_args,
)
from dicomtoprint.errors import InputError, RefusedError, UsageError

V010 = Path(__file__).parent / "v010"


def of_v010(name):
    return json.loads((V010 / f"{name}.json").read_text(encoding="utf-8"))


def with_later_defaults(parameters):
    """Parameters of 0.1.0 with the settings that came after it, at their defaults."""
    return {**json.loads(json.dumps(RunSettings().as_json())), **parameters}


def test_every_field_has_exactly_one_serialised_name():
    names = [field.name for field in fields(RunSettings)]
    assert set(OPTION_OF_SETTING) == set(names), (
        "an entry of the option table without its field, or a field without its entry"
    )
    serialised = [serialised_name(name) for name in names]
    assert len(set(serialised)) == len(names)
    renamed = {option.serialised for option in OPTION_OF_SETTING.values()} - {""}
    assert not renamed & set(names), "a serialised name is no other field's Python name"
    assert list(RunSettings().as_json()) == serialised


def test_the_serialised_names_are_those_of_0_1_0():
    written = list(of_v010("many-options-record")["parameters"])
    assert list(RunSettings().as_json())[: len(written)] == written
    assert set(of_v010("panel-settings")) == set(written), "every setting was changed there"


@pytest.mark.parametrize("name", ["many-options-record", "own-files-record"])
def test_a_record_of_0_1_0_loads_whole(name):
    parameters = of_v010(name)["parameters"]
    assert json.loads(json.dumps(run_settings_from_json(parameters).as_json())) == with_later_defaults(parameters)


def test_settings_of_a_panel_of_0_1_0_load_whole_and_give_its_command_line():
    content = of_v010("panel-settings")
    settings = run_settings_from_json(content)
    assert json.loads(json.dumps(settings.changed())) == content
    command = of_v010("panel-command")
    assert to_cli_args(settings) == command
    parsed = build_parser().parse_args(join_negative_values(["run", "in", "--output", "out", *command]))
    assert settings_from_args(parsed) == replace(settings, answer_times=())


def test_keywords_are_taken_by_either_name():
    content = of_v010("panel-settings")
    settings = run_settings_from_json(content)
    by_name = {field.name: getattr(settings, field.name) for field in fields(settings)}
    assert run_settings_from_keywords(by_name) == settings
    assert run_settings_from_keywords({serialised_name(name): value for name, value in by_name.items()}) == settings


@pytest.mark.parametrize("name", ["thickn", "Thicken", "", "answer_times", "kept_sides"])
def test_an_unknown_name_in_json_is_refused_by_its_name(name):
    with pytest.raises(InputError, match=f"^'record.json' has the setting '{name}', which .*[^.]\\.$"):
        run_settings_from_json({"use": "general", name: None}, "'record.json'")


def test_unknown_keywords_and_one_setting_given_twice_are_refused():
    with pytest.raises(UsageError, match=r"the settings 'thickn', 'holow', which"):
        run_settings_from_keywords({"thickn": 1.0, "holow": 2.0, "use": "general"})
    with pytest.raises(UsageError, match=r"'kept_sides' and 'keep' are one setting"):
        run_settings_from_keywords({"keep": ("S",), "kept_sides": ("S",)})


@pytest.fixture(scope="module")
def coarse_ct(tmp_path_factory):
    """The phantom of 0.1.0's records, in coarse voxels."""
    from dicomtoprint.phantom import write_phantom_dicom

    folder = tmp_path_factory.mktemp("ct")
    write_phantom_dicom(folder, shape=(56, 92, 92), spacing=(1.5, 1.5, 2.0))
    return folder


def test_a_record_of_0_1_0_replays(coarse_ct, tmp_path):
    record = of_v010("own-files-record")
    arguments = [
        "replay",
        str(V010 / "own-files-record.json"),
        "--input",
        str(coarse_ct),
        "--output",
        str(tmp_path / "out"),
    ]
    assert main(arguments) == 1, "it was another scan: the files are made, and differ"
    repeated = json.loads((tmp_path / "out" / "record.json").read_text(encoding="utf-8"))
    assert repeated["parameters"] == with_later_defaults(record["parameters"])
    assert repeated["outputs"][0]["format"] == record["outputs"][0]["format"] == "stl"


def test_a_replay_runs_with_every_setting_of_the_record(monkeypatch, tmp_path):
    """The run itself is left out: these tools refuse the phantom in coarse voxels, and take a minute in fine ones."""
    run_module = importlib.import_module("dicomtoprint.pipeline.runs")

    def taken(source, output, settings, progress, day):
        assert day.isoformat() == of_v010("many-options-record")["created"][:10]
        raise RefusedError(json.dumps(settings.as_json()))

    monkeypatch.setattr(run_module, "run", taken)
    with pytest.raises(RefusedError) as caught:
        run_module.replay(V010 / "many-options-record.json", tmp_path, tmp_path / "out")
    assert json.loads(str(caught.value)) == with_later_defaults(of_v010("many-options-record")["parameters"])


def test_a_record_with_an_unknown_setting_is_not_replayed(coarse_ct, tmp_path, capsys):
    record = of_v010("many-options-record")
    record["parameters"]["thickn"] = 1.0
    (tmp_path / "their-record.json").write_text(json.dumps(record), encoding="utf-8")
    out = tmp_path / "out"
    assert main(["replay", str(tmp_path / "their-record.json"), "--input", str(coarse_ct), "--output", str(out)]) == 3
    sentence = capsys.readouterr().err
    assert "'their-record.json' has the setting 'thickn'" in sentence and sentence.count("\n") == 1
    assert not out.exists()
