"""The folder of a trained nnU-Net model: names, voxels, folds and kind of file are its own; a damaged one is told."""

import json
import sys

import numpy as np
import pytest

from dicomtoprint.backends import find_backend, label_with_backend, load_backend, open_task
from dicomtoprint.errors import UsageError
from dicomtoprint.volume import Volume
from Phantoms.backends import write_backend

DATASET = {
    "channel_names": {"0": "CT"},
    "labels": {"background": 0, "femur_left": 1, "implant": 2},
    "file_ending": ".nrrd",
}
PLANS = {
    "configurations": {
        "3d_fullres": {"spacing": [1.5, 0.7, 0.6]},
        "3d_lowres": {"inherits_from": "3d_fullres", "spacing": [3.0, 2.0, 2.0]},
        "3d_cascade_fullres": {"inherits_from": "3d_fullres"},
    }
}


def model(folder, dataset=None, plans=None, checkpoints=("fold_0/checkpoint_final.pth", "fold_2/checkpoint_final.pth")):
    folder.mkdir(parents=True)
    (folder / "dataset.json").write_text(json.dumps({**DATASET, **(dataset or {})}), encoding="utf-8")
    (folder / "plans.json").write_text(json.dumps(plans or PLANS), encoding="utf-8")
    for name in checkpoints:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("name", "voxel"),
    [
        ("nnUNetTrainer__nnUNetPlans__3d_fullres", (0.6, 0.7, 1.5)),
        ("nnUNetTrainer__nnUNetPlans__3d_lowres", (2.0, 2.0, 3.0)),
        ("nnUNetTrainer__nnUNetPlans__3d_cascade_fullres", (0.6, 0.7, 1.5)),
        ("bones", (0.6, 0.7, 1.5)),
    ],
)
def test_names_voxels_and_folds_are_those_of_the_folder(tmp_path, name, voxel):
    task = open_task(load_backend("nnunet"), str(model(tmp_path / name)))
    assert (task.name, task.labels, task.voxel_mm, task.modality) == (
        name,
        {1: "femur_left", 2: "implant"},
        voxel,
        "CT",
    )
    assert task.values["folds"] == ("0", "2") and task.values["checkpoint"] == ("checkpoint_final.pth",)
    assert task.ending == ".nrrd" and task.licence.use == "unknown"


def test_regions_are_named_in_the_order_in_which_they_are_written(tmp_path):
    regions = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "enhancing": [3]}
    folder = model(tmp_path / "m", {"labels": regions, "regions_class_order": [1, 2, 3]})
    assert open_task(load_backend("nnunet"), str(folder)).labels == {1: "whole", 2: "core", 3: "enhancing"}


def test_a_folder_that_is_no_model_is_told(tmp_path):
    nnunet = load_backend("nnunet")
    cases = {
        "": "needs the folder of a model",
        str(tmp_path / "absent"): "holds no dataset.json",
        str(model(tmp_path / "two", {"channel_names": {"0": "T1", "1": "T2"}})): "takes 2 images",
        str(model(tmp_path / "untrained", checkpoints=())): "holds no trained fold",
        str(model(tmp_path / "png", {"file_ending": ".png"})): "ending in '.png'",
        str(model(tmp_path / "nameless", {"labels": {"background": 0}})): "names no labels",
    }
    damaged = model(tmp_path / "damaged")
    (damaged / "plans.json").write_text("[1", encoding="utf-8")
    for name, words in {**cases, str(damaged): "plans.json in damaged is damaged"}.items():
        with pytest.raises(UsageError, match=words):
            open_task(nnunet, name)
    assert open_task(nnunet, str(model(tmp_path / "odd", plans={"configurations": {"3d_fullres": 1}}))).voxel_mm is None


def test_it_is_asked_as_its_command_line_wants_it(tmp_path):
    seen = tmp_path / "seen.json"
    body = (
        f"import json, shutil\njson.dump(sys.argv[1:], open({str(seen)!r}, 'w'))\n"
        "import SimpleITK as sitk\nfound = sys.argv\n"
        "scan = sitk.ReadImage(found[found.index('-i') + 1] + '/scan_0000.nrrd')\n"
        "sitk.WriteImage(sitk.Cast(scan > 300, sitk.sitkUInt8), found[found.index('-o') + 1] + '/scan.nrrd')"
    )
    builtin = load_backend("nnunet")
    path = write_backend(
        tmp_path,
        body,
        kind="model-folder",
        input=builtin.input,
        output=builtin.output,
        arguments=list(builtin.arguments),
    )
    array = np.full((12, 14, 16), -1000, dtype=np.int16)
    array[3:9, 4:10, 4:12] = 700
    backend = load_backend(str(path))
    folder = model(tmp_path / "trained")
    found = label_with_backend(
        Volume(array, np.eye(4)), backend, open_task(backend, str(folder)), find_backend(backend, sys.executable)
    )
    assert [segment.name for segment in found.segments] == ["femur_left"]
    words = json.loads(seen.read_text(encoding="utf-8"))
    assert words[words.index("-f") + 1 : words.index("-chk") + 2] == ["0", "2", "-chk", "checkpoint_final.pth"]
    assert words[words.index("-m") + 1] == str(folder) and words[words.index("-device") + 1] in ("cpu", "cuda")
