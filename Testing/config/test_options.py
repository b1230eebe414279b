"""The option table: what it says of options and settings is whole and agrees with the settings of a run."""

from dataclasses import fields

import pytest

from dicomtoprint.config.options import (
    COMMANDS,
    OPTION_OF_SETTING,
    STEPS,
    earliest_step,
    settings_of_command,
    settings_of_step,
)
from dicomtoprint.config.run_settings import MESH_FIELDS, NAME_OR_PATH_FIELDS, SCAN_FIELDS, RunSettings


def test_every_setting_belongs_to_one_step_and_has_words():
    """One without a step would throw away the scan, and all after it, whenever it is changed."""
    listed = [name for step in STEPS for name in settings_of_step(step)]
    assert sorted(listed) == sorted(field.name for field in fields(RunSettings))
    assert {earliest_step(name) for name in ("pins", "joint", "fit", "pin_diameter", "slice_with")} == {"print"}
    for option in OPTION_OF_SETTING.values():
        assert option.label and "_" not in option.label, option


@pytest.mark.parametrize("name", COMMANDS)
def test_no_two_options_of_a_command_have_one_name_or_one_setting(name):
    options = COMMANDS[name].options
    flags = [flag for option in options for flag in option.flags]
    settings = settings_of_command(name)
    assert len(set(flags)) == len(flags) and len(set(settings)) == len(settings)
    for option in options:
        if option.setting:
            same = OPTION_OF_SETTING[option.setting]
            assert (option.step, option.label, option.serialised) == (same.step, same.label, same.serialised)


def test_settings_of_scan_mesh_and_files_follow_from_the_commands():
    assert {"anatomy", "answers", "answer_times", "scene", "roi"} <= set(SCAN_FIELDS)
    assert {"unit", "repair", "max_loss", "largest_shells"} <= set(MESH_FIELDS)
    assert not set(SCAN_FIELDS) & set(MESH_FIELDS)
    assert {"use", "anatomy", "process", "printer", "segmentation", "label_names", "protocols", "slice_with"} == set(
        NAME_OR_PATH_FIELDS
    )
