"""Labels by extensions of Slicer: their own logic is called as their public sources have it, asked for, watched, stopped and recorded."""

import json
import os
import subprocess
import sys
import time
import types
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

pytestmark = pytest.mark.panel

WRITES = "import os, sys; print('Resampling'); print('HOME', os.environ['TOTALSEG_HOME_DIR']); print('Predicting 50%|')"
FAILS = "import sys; print('Downloading model for Task 291 ...'); print('requests.exceptions.ConnectionError: x'); sys.exit(1)"
# A launcher and the program that it has started, as Slicer's Python is.
SLEEPS = "import os, time; print('Predicting', os.getpid(), flush=True); time.sleep(600)"
HANGS = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPS!r}])"


class TotalSegmentatorLogic:
    """With the signatures of SlicerTotalSegmentator's logic; what runs is a line of Python instead of its program."""

    script = WRITES

    def __init__(self):
        self.logCallback, self.useStandardSegmentNames = None, True
        self.tasks = {"total": {"title": "total"}, "body": {"title": "body"}}
        self.calls, self.processes, self.said = [], [], []

    def log(self, text):
        self.said.append(text)
        if self.logCallback:
            self.logCallback(text)

    def process(
        self,
        inputVolume,
        outputSegmentation,
        quality=None,
        cpu=False,
        task=None,
        subset=None,
        interactive=False,
        sequenceBrowserNode=None,
    ):
        self.calls.append({"quality": quality, "task": task, "names": self.useStandardSegmentNames})
        self.log("Processing started")
        self.program.write_text(self.script, encoding="utf-8")
        command = [sys.executable, str(self.program)]
        self.processVolume(
            "in.nii", inputVolume, "out", outputSegmentation, "out.nii", task, subset, cpu, command, quality
        )

    def processVolume(
        self,
        inputFile,
        inputVolume,
        outputSegmentationFolder,
        outputSegmentation,
        outputSegmentationFile,
        task,
        subset,
        cpu,
        totalSegmentatorCommand,
        quality,
    ):
        import slicer

        options = ["-i", inputFile, "-o", outputSegmentationFolder]
        running = slicer.util.launchConsoleProcess(totalSegmentatorCommand + options, useStartupEnvironment=False)
        self.processes.append(running)
        self.logProcessOutput(running)
        self.read(inputVolume, outputSegmentation)

    def logProcessOutput(self, proc, returnOutput=False):
        raise AssertionError("it would block the application")

    def read(self, inputVolume, outputSegmentation):
        add_cube(outputSegmentation, inputVolume, "vertebrae_L1")


def add_cube(node, volume_node, name):
    from dicomtoprint.segmentation import Segment, Segmentation
    from DicomToPrintLib.mrml import segmentations, volumes

    volume = volumes.volume_from_node(volume_node)
    labels = (volume.array > 600).astype(np.uint8)
    made = segmentations.segmentation_to_node(
        Segmentation(None, volume.affine, labels, None, (Segment(name, 1, name, (1.0, 0.5, 0.5), None, {}, 1.0),)),
        volume_node.GetScene(),
        "read",
    )
    segment = made.GetSegmentation().GetSegment(name)
    node.GetSegmentation().AddSegment(segment, name)
    volume_node.GetScene().RemoveNode(made)


@pytest.fixture
def totalsegmentator(driver, monkeypatch, loaded, tmp_path):
    """The extension in the application, its packages there, and one of its tasks chosen; its licence confirmed."""
    import slicer

    logic = TotalSegmentatorLogic()
    logic.program = tmp_path / "TotalSegmentator"
    install(monkeypatch, "TotalSegmentator", ("torch", "totalsegmentator"))
    monkeypatch.setattr(slicer.util, "getModuleLogic", {"TotalSegmentator": logic}.__getitem__)
    choose(driver, "backend", "totalsegmentator:total_fast")
    choose(driver, "backendRunner", "extension")
    return logic


def install(monkeypatch, module, packages):
    import slicer

    from DicomToPrintLib.mrml import extension_backends

    monkeypatch.setattr(slicer.modules, module.lower(), types.SimpleNamespace(), raising=False)
    monkeypatch.setattr(
        extension_backends.importlib.util, "find_spec", lambda name: object() if name in packages else None
    )


def choose(driver, name, key):
    widget = driver.find(name)
    widget.currentIndex = widget.findData(key)
    assert widget.currentIndex >= 0, key


def is_running(number):
    """Whether a process is there and no zombie; on Windows taskkill is trusted."""
    if os.name == "nt":
        return False
    answer = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    return bool(answer.stdout.strip()) and not answer.stdout.strip().startswith("Z")


def segmentations_of_scene():
    import slicer

    return slicer.util.getNodesByClass("vtkMRMLSegmentationNode")


def test_its_logic_is_called_as_it_is_published_and_the_labels_are_used(driver, totalsegmentator):
    assert "Slicer's extension SlicerTotalSegmentator" in driver.find("backendTold").text
    assert driver.find("backendCommand").isHidden()
    driver.run_steps("scan", "anatomy")
    assert totalsegmentator.calls == [{"quality": "fast", "task": "total", "names": False}]
    assert not {"processVolume", "logProcessOutput"} & set(vars(totalsegmentator)), "its logic is as it was"
    assert "Licence" in driver.dialogs.told, "asked"
    assert driver.panel.settings.confirm_licence == "totalsegmentator"
    found = driver.panel.job.load("anatomy")
    assert [segment.name for segment in found.segments] == ["vertebrae_L1"]
    facts = found.figures["backend"]
    assert (facts["name"], facts["task"], facts["licence_confirmed"]) == ("totalsegmentator", "total_fast", True)
    assert (
        facts["version"].endswith("by SlicerTotalSegmentator")
        and facts["licence"]
        and len(facts["labels_sha256"]) == 64
    )
    assert any("Nobody has checked its labels" in note for note in found.notes)
    driver.dialogs.told.clear()
    driver.run("anatomy")
    assert len(totalsegmentator.calls) == 1 and driver.dialogs.told == [], "labels that are there are not made again"
    choose(driver, "backend", "totalsegmentator:body")
    assert driver.panel.results.given_node() is None, "labels of another task"


def test_its_statistics_are_switched_off_and_the_users_settings_stay(driver, totalsegmentator, monkeypatch, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"send_usage_stats": True, "license_number": "aca_1"}))
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path))
    show = "import json, os; print('SEEN', open(os.environ['TOTALSEG_HOME_DIR'] + '/config.json').read())"
    monkeypatch.setattr(TotalSegmentatorLogic, "script", show)
    driver.run_steps("scan", "anatomy")
    seen = json.loads(next(text for text in totalsegmentator.said if text.startswith("SEEN"))[5:])
    assert seen["send_usage_stats"] is False and seen["license_number"] == "aca_1"
    assert json.loads((tmp_path / "config.json").read_text())["send_usage_stats"] is True


def test_it_is_stopped_with_its_program_and_nothing_is_left(driver, totalsegmentator, monkeypatch):
    import qt

    monkeypatch.setattr(TotalSegmentatorLogic, "script", HANGS)
    driver.run_steps("scan")
    qt.QTimer.singleShot(1500, lambda: driver.click("cancel"))  # while it says nothing
    began = time.monotonic()
    driver.click("anatomyRun")
    driver.wait()
    assert time.monotonic() - began < 60.0
    assert totalsegmentator.processes[0].poll() is not None, "its program has ended"
    assert not is_running(int(next(text for text in totalsegmentator.said if text.startswith("Predicting")).split()[1]))
    assert "Cancelled" in driver.message and driver.state("anatomy") == "idle"
    assert segmentations_of_scene() == [] and driver.panel.results.given_node() is None


def test_what_fails_is_one_sentence_and_leaves_nothing(driver, totalsegmentator, monkeypatch):
    driver.run_steps("scan")
    for script, said in (
        (FAILS, "lacks the weights of total_fast"),
        ("print('MemoryError'); raise SystemExit(1)", "had too little memory"),
        ("print('No space left on device'); raise SystemExit(1)", "The disk was full"),
        ("raise SystemExit(3)", "failed (code 3)"),
    ):
        monkeypatch.setattr(TotalSegmentatorLogic, "script", script)
        driver.run("anatomy")
        assert said in driver.message and driver.message.count("\n") == 0
        assert segmentations_of_scene() == [] and driver.state("anatomy") == "needs you"


def test_nothing_found_and_another_signature_are_told(driver, totalsegmentator, monkeypatch):
    monkeypatch.setattr(TotalSegmentatorLogic, "read", lambda self, volume, node: None)
    driver.run_steps("scan")
    driver.run("anatomy")
    assert "found nothing of its task" in driver.message
    monkeypatch.setattr(TotalSegmentatorLogic, "process", lambda self, volume, output: None)
    driver.run("anatomy")
    assert "is called in another way than is known here" in driver.message
    assert segmentations_of_scene() == []


def test_without_its_packages_or_the_licence_nothing_starts(driver, totalsegmentator, monkeypatch):
    driver.run_steps("scan")
    monkeypatch.setattr(driver.dialogs, "confirm", lambda title, text: "non-commercial" in text)
    driver.run("anatomy")
    assert "licence was not confirmed" in driver.message and totalsegmentator.calls == []
    install(monkeypatch, "TotalSegmentator", ("torch",))
    monkeypatch.setattr(driver.dialogs, "confirm", lambda title, text: True)
    driver.run("anatomy")
    assert "has not installed what it needs in Slicer (totalsegmentator)" in driver.message
    assert totalsegmentator.calls == []


class Signal:
    """As SlicerNNUNetLib.Signal."""

    def __init__(self):
        self.slots = []

    def connect(self, slot):
        self.slots.append(slot)
        return len(self.slots)

    def __call__(self, *arguments):
        for slot in self.slots:
            slot(*arguments)


@dataclass
class Parameter:
    """With the fields of SlicerNNUNetLib.Parameter that are set from outside."""

    folds: str = ""
    device: str = "cuda"
    stepSize: float = 0.5
    disableTta: bool = True
    checkPointName: str = ""
    modelPath: Path = Path()

    def isValid(self):
        return (
            (True, "")
            if "__" in self.modelPath.name
            else (False, "Invalid nnUNet configuration folder : x\nYour model")
        )


class NNUNetLogic:
    """With the signatures of SlicerNNUNetLib.SegmentationLogic."""

    how = "works"
    made: ClassVar[list] = []

    def __init__(self, process=None):
        self.inferenceFinished, self.errorOccurred, self.progressInfo = Signal(), Signal(), Signal()
        self.stopped = False
        self.made.append(self)

    def setParameter(self, nnUnetConf):
        self.parameter = nnUnetConf

    def startSegmentation(self, volumeNode):
        import qt

        self.volume = volumeNode
        self.progressInfo("nnUNet preprocessing...\n")
        if self.how == "no program":
            self.errorOccurred("Failed to find nnUNet predict path.")
        elif self.how != "hangs":
            qt.QTimer.singleShot(50, lambda: self.inferenceFinished(0, 0))

    def stopSegmentation(self):
        self.stopped = True

    def loadSegmentation(self):
        import slicer

        if self.how == "writes nothing":
            raise RuntimeError("Failed to load the segmentation.\nSomething went wrong")
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        add_cube(node, self.volume, "bone")
        return node


@pytest.fixture
def nnunet(driver, monkeypatch, loaded, tmp_path):
    """SlicerNNUnet in the application, and a trained model without its weights chosen."""
    folder = tmp_path / "Dataset001_Bone" / "nnUNetTrainer__nnUNetPlans__3d_fullres"
    (folder / "fold_0").mkdir(parents=True)
    (folder / "fold_0" / "checkpoint_final.pth").write_bytes(b"x")
    dataset = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "bone": 1}, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(dataset))
    (folder / "plans.json").write_text(json.dumps({"configurations": {"3d_fullres": {"spacing": [1.5, 1.0, 1.0]}}}))
    install(monkeypatch, "SlicerNNUNet", ("torch", "nnunetv2"))
    library = types.SimpleNamespace(Parameter=Parameter, SegmentationLogic=NNUNetLogic)
    monkeypatch.setitem(sys.modules, "SlicerNNUNetLib", library)
    monkeypatch.setattr(NNUNetLogic, "made", [])
    driver.panel.change(segment_with=f"nnunet:{folder}")
    choose(driver, "backendRunner", "extension")
    driver.run_steps("scan")
    return folder


def test_nnunet_gets_the_model_and_gives_its_labels(driver, nnunet):
    driver.run("anatomy")
    assert not driver.message, driver.message
    parameter = NNUNetLogic.made[0].parameter
    assert (parameter.folds, parameter.checkPointName, parameter.modelPath) == ("0", "checkpoint_final.pth", nnunet)
    found = driver.panel.job.load("anatomy")
    assert [segment.name for segment in found.segments] == ["bone"]
    assert found.figures["backend"]["name"] == "nnunet"


@pytest.mark.parametrize(
    ("how", "said"), [("no program", "failed (an error)"), ("writes nothing", "failed (RuntimeError)")]
)
def test_nnunet_that_fails_is_one_sentence(driver, nnunet, monkeypatch, how, said):
    monkeypatch.setattr(NNUNetLogic, "how", how)
    driver.run("anatomy")
    assert said in driver.message and segmentations_of_scene() == []


def test_nnunet_is_stopped(driver, nnunet, monkeypatch):
    import qt

    monkeypatch.setattr(NNUNetLogic, "how", "hangs")
    qt.QTimer.singleShot(200, lambda: driver.click("cancel"))
    driver.click("anatomyRun")
    driver.wait()
    assert NNUNetLogic.made[0].stopped and "Cancelled" in driver.message and segmentations_of_scene() == []


def test_the_choice_is_not_offered_without_the_extension(driver):
    choose(driver, "backend", "totalsegmentator:total")
    assert driver.find("backendRunner").isHidden() and not driver.panel.steps["anatomy"].backend.by_extension()
