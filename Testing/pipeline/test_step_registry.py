"""Preparation steps by name: the built-in ones are whole and in order, those of installed packages come in where they say."""

import sys
from dataclasses import replace

import pytest

from dicomtoprint.cli.parser import build_parser
from dicomtoprint.cli.settings_from_args import settings_from_args
from dicomtoprint.config.run_settings import RunSettings, to_cli_args
from dicomtoprint.errors import UsageError
from dicomtoprint.pipeline.preparation import prepare, validate_preparation
from dicomtoprint.pipeline.steps import Phase, needs_solid_steps, steps_in_order
from dicomtoprint.pipeline.steps.order import STEPS
from dicomtoprint.reconstruction import SurfaceModel
from Phantoms.installed_package import install
from Phantoms.solids import box

GROUP = "dicomtoprint.preparation_steps"
FLATTEN = """
from dataclasses import replace

from dicomtoprint.errors import UsageError
from dicomtoprint.pipeline.steps import SolidStep


class Squash(SolidStep):
    name = "squash"
    after = "wrap"

    def validate(self, settings, process):
        if self.is_requested(settings) and not self.value(settings):
            raise UsageError("--step squash takes a factor, as in --step squash=0.5.")

    def change(self, mesh, state, progress):
        factor = float(self.value(state.settings))
        return replace(mesh, points=mesh.points * (1.0, 1.0, factor)), f"to {factor:g}"
"""


@pytest.fixture
def squash(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, GROUP, "squash", FLATTEN, "Squash")


def test_every_built_in_step_has_the_name_it_is_known_by_and_the_phases_follow_one_another():
    steps = steps_in_order(RunSettings())
    assert [step.name for step in steps] == list(STEPS.names)
    phases = list(Phase)
    places = [phases.index(step.phase) for step in steps]
    assert places == sorted(places)
    assert not any(step.is_requested(RunSettings()) for step in steps)


def test_a_step_of_an_installed_package_is_loaded_where_it_is_named_and_comes_after_the_step_it_says(squash):
    steps_in_order(RunSettings())
    assert "somebody_else" not in sys.modules
    settings = RunSettings(steps=(("squash", "0.5"),))
    names = [step.name for step in steps_in_order(settings)]
    assert names[names.index("wrap") + 1] == "squash" and needs_solid_steps(settings)
    model = SurfaceModel((box(10.0, 10.0, 10.0),), ({},))
    prepared = prepare(model, settings).model
    assert prepared.meshes[0].volume == pytest.approx(500.0)
    assert [(step.name, step.effect.split(";")[0]) for step in prepared.steps] == [("squash", "Model: to 0.5")]


def test_a_value_that_the_step_refuses_and_a_name_that_nobody_brings_end_in_a_sentence(squash):
    with pytest.raises(UsageError, match=r"^--step squash takes a factor"):
        validate_preparation(RunSettings(steps=(("squash", ""),)))
    with pytest.raises(UsageError, match=r"'sqash' is no preparation step here: choose of .*squash\.$"):
        validate_preparation(RunSettings(steps=(("sqash", ""),)))


def test_a_package_that_cannot_be_loaded_is_named(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, GROUP, "squash", "raise RuntimeError", "Squash", package="broken_package")
    with pytest.raises(UsageError, match=r"'squash' of the package 'broken_package:Squash' .*RuntimeError"):
        steps_in_order(RunSettings(steps=(("squash", ""),)))


def test_a_step_after_one_that_does_not_exist_is_refused(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, GROUP, "squash", FLATTEN.replace('"wrap"', '"warp"'), "Squash", package="misplaced")
    with pytest.raises(UsageError, match=r"'squash' comes after 'warp', which is no step"):
        steps_in_order(RunSettings(steps=(("squash", ""),)))


def test_steps_survive_their_command_line():
    settings = RunSettings(steps=(("squash", "0.5"), ("polish", "")))
    words = to_cli_args(settings)
    assert words == ["--step", "squash=0.5", "--step", "polish"]
    parsed = build_parser().parse_args(["run", "in", "--output", "out", *words])
    assert settings_from_args(parsed) == settings == replace(RunSettings(), steps=settings.steps)
