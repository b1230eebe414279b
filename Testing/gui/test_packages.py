"""Packages that Slicer does not bundle: when they are asked for, and how a step goes on without them."""

import importlib.util
import subprocess
import sys
import types

import numpy as np
import pytest

from dicomtoprint import pipeline
from dicomtoprint.errors import MissingDependencyError

pytestmark = pytest.mark.panel


@pytest.fixture
def ready(driver, monkeypatch):
    """A panel whose steps start no child; everything before them is done."""
    panel = driver.panel
    monkeypatch.setattr(panel.runner._child, "start", lambda order: None)
    panel.parameters.folder = "somewhere"
    monkeypatch.setattr("DicomToPrintLib.gui.scan_source.for_worker", lambda parameters, job: {"path": ""})
    for step in ("scan", "anatomy", "model", "print"):
        panel.job.save(step, step)
    return driver


def absent(monkeypatch, *names):
    found = importlib.util.find_spec
    gone = {name.replace("-", "_") for name in names}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name in gone else found(name))


def start(driver, step):
    driver.panel.runner.stop()
    driver.panel.guarded_slot(driver.panel.run)([step])


def test_the_package_for_simplification_is_offered_once_before_the_model(ready, monkeypatch):
    absent(monkeypatch, "fast-simplification")
    ready.dialogs.failed = "No connection."
    start(ready, "model")
    assert ready.dialogs.told == [["fast-simplification"]]
    assert ready.panel.runner.running == "model", "the model is made without it"
    assert ready.message == "No connection."
    ready.panel.job.save("anatomy", "anatomy")
    start(ready, "model")
    assert len(ready.dialogs.told) == 1


def test_a_failed_or_declined_installation_leaves_3mf_out_and_goes_on(ready, monkeypatch):
    absent(monkeypatch, "lib3mf")
    ready.dialogs.failed = "No connection."
    ready.panel.change(formats=("stl", "3mf", "obj"))
    start(ready, "print")
    assert ready.dialogs.told == [["lib3mf"]]
    assert ready.panel.runner.running == "print"
    assert ready.panel.settings.formats == ("stl", "obj")
    assert ready.message == "No connection. 3MF is left out: it needs the package lib3mf."
    assert not ready.find("format-3mf").checked
    ready.panel.runner.stop()
    ready.find("format-3mf").checked = True  # chosen anew: asked for anew
    start(ready, "print")
    assert len(ready.dialogs.told) == 2


def test_a_tool_without_its_package_is_asked_for_each_time_and_told(ready, monkeypatch):
    absent(monkeypatch, "manifold3d")
    ready.panel.change(thicken=1.0)
    for times in (1, 2):
        ready.panel.job.save("model", "model")
        start(ready, "print")
        assert ready.dialogs.told == [["manifold3d"]] * times
        assert not ready.panel.runner.running
        assert "This needs manifold3d: agree to the installation" in ready.message


def test_what_checks_a_file_of_the_users_own_is_asked_for_before_any_step(ready, monkeypatch, tmp_path):
    absent(monkeypatch, "jsonschema")
    (tmp_path / "own.json").write_text("{}", encoding="utf-8")
    start(ready, "anatomy")
    assert ready.dialogs.told == [] and ready.panel.runner.running == "anatomy"
    ready.panel.change(anatomy=str(tmp_path / "own.json"))
    ready.panel.job.save("scan", "scan")
    start(ready, "anatomy")
    assert ready.dialogs.told == [["jsonschema"]] and not ready.panel.runner.running
    assert "This needs jsonschema: agree to the installation" in ready.message


def test_versions_are_those_of_the_list_and_a_broken_installation_is_one_sentence(application, monkeypatch):
    import slicer

    from DicomToPrintLib.gui.dialogs import Dialogs

    asked = []

    def pip_ensure(requirements, requester):
        asked.append([str(one) for one in requirements])
        raise error

    def load_requirements(path):
        lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
        return [Requirement(line) for line in lines]

    packaging = types.SimpleNamespace(pip_ensure=pip_ensure, load_requirements=load_requirements)
    monkeypatch.setitem(sys.modules, "slicer.packaging", packaging)
    monkeypatch.setattr(slicer, "packaging", packaging, raising=False)
    Requirement = pytest.importorskip("packaging.requirements").Requirement  # what Slicer's own function gives
    error = subprocess.CalledProcessError(1, "pip install")
    told = Dialogs().install(["lib3mf", "highdicom"])
    assert "lib3mf, highdicom could not be installed" in told
    error = RuntimeError("User declined package installation")
    assert Dialogs().install(["fast-simplification"]) == ""
    assert asked[0][0].startswith("lib3mf<3,>=2.5"), "the range of the list"
    assert asked[0][1] == "highdicom"
    assert asked[1][0].startswith("fast-simplification<0.3")


def test_a_model_made_without_the_package_says_so(monkeypatch):
    from dicomtoprint import reconstruction
    from dicomtoprint.config.run_settings import RunSettings
    from dicomtoprint.segmentation import Segmentation

    empty = reconstruction.SurfaceModel((), ())
    monkeypatch.setattr(reconstruction, "reconstruct_surfaces", lambda *given, **options: empty)
    labels = Segmentation(None, np.eye(4), np.zeros((1, 1, 1), np.uint8), None, ())
    assert not pipeline.make_surface(labels, RunSettings()).notes
    absent(monkeypatch, "fast-simplification")
    (note,) = pipeline.make_surface(labels, RunSettings()).notes
    assert "without the package fast-simplification" in note


def test_every_package_that_can_lack_is_on_the_list_or_in_slicer(monkeypatch):
    from dicomtoprint.config.run_settings import RunSettings
    from DicomToPrintLib.gui.dialogs import REQUIREMENTS

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    wanted = {
        *pipeline.missing_optional_packages(),
        *pipeline.missing_packages(RunSettings(thicken=1.0, formats=("stl", "3mf", "seg"))),
    }
    text = REQUIREMENTS.read_text(encoding="utf-8")
    listed = {line.partition(">")[0] for line in text.split("\n") if line and line[0] != "#"}
    assert wanted - listed == {"highdicom"}, "Slicer bundles highdicom"
    with pytest.raises(MissingDependencyError):
        pipeline.drop_unavailable_formats(RunSettings(thicken=1.0))
