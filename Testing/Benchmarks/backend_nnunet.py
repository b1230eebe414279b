"""A network of random weights through nnU-Net's own program: that its command line, files and end are what the data file says.

Makes a model folder with the nnU-Net of another environment and lets `label_with_backend` run it on a small scan:

    python Testing/Benchmarks/backend_nnunet.py --python /path/to/environment/bin/python

The labels mean nothing. Printed: version, seconds, labels found, and whether torch came into this process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from dicomtoprint.backends import find_backend, label_with_backend, load_backend, open_task
from dicomtoprint.volume import Volume

NETWORK = {
    "n_stages": 3,
    "features_per_stage": [4, 8, 8],
    "conv_op": "torch.nn.modules.conv.Conv3d",
    "kernel_sizes": [[3, 3, 3]] * 3,
    "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]],
    "n_conv_per_stage": [1, 1, 1],
    "n_conv_per_stage_decoder": [1, 1],
    "conv_bias": True,
    "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
    "norm_op_kwargs": {"eps": 1e-5, "affine": True},
    "dropout_op": None,
    "dropout_op_kwargs": None,
    "nonlin": "torch.nn.LeakyReLU",
    "nonlin_kwargs": {"inplace": True},
}
RESAMPLING = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
CONFIGURATION = {
    "data_identifier": "tiny",
    "preprocessor_name": "DefaultPreprocessor",
    "batch_size": 2,
    "patch_size": [32, 32, 32],
    "median_image_size_in_voxels": [32, 32, 32],
    "spacing": [3.0, 3.0, 3.0],
    "normalization_schemes": ["CTNormalization"],
    "use_mask_for_norm": [False],
    "resampling_fn_data": "resample_data_or_seg_to_shape",
    "resampling_fn_data_kwargs": RESAMPLING,
    "resampling_fn_seg": "resample_data_or_seg_to_shape",
    "resampling_fn_seg_kwargs": {**RESAMPLING, "is_seg": True, "order": 1},
    "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
    "resampling_fn_probabilities_kwargs": {**RESAMPLING, "order": 1},
    "architecture": {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": NETWORK,
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    },
    "batch_dice": True,
}
INTENSITY = {
    "max": 1000,
    "mean": 100,
    "median": 50,
    "min": -1000,
    "percentile_00_5": -900,
    "percentile_99_5": 900,
    "std": 300,
}
PLANS = {
    "dataset_name": "Dataset999_Tiny",
    "plans_name": "nnUNetPlans",
    "original_median_spacing_after_transp": [3, 3, 3],
    "original_median_shape_after_transp": [32, 32, 32],
    "image_reader_writer": "SimpleITKIO",
    "transpose_forward": [0, 1, 2],
    "transpose_backward": [0, 1, 2],
    "configurations": {"3d_fullres": CONFIGURATION},
    "experiment_planner_used": "ExperimentPlanner",
    "label_manager": "LabelManager",
    "foreground_intensity_properties_per_channel": {"0": INTENSITY},
}
DATASET = {
    "channel_names": {"0": "CT"},
    "labels": {"background": 0, "femur_left": 1, "hip_left": 2},
    "numTraining": 1,
    "file_ending": ".nii.gz",
}
WEIGHTS = """
import pydoc, sys, torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet
network = {network!r}
for name in ("conv_op", "norm_op", "nonlin"):
    network[name] = pydoc.locate(network[name])
torch.manual_seed(0)
weights = PlainConvUNet(input_channels=1, num_classes=3, deep_supervision=False, **network).state_dict()
torch.save({{"network_weights": weights, "trainer_name": "nnUNetTrainer", "init_args": {{"configuration": "3d_fullres"}},
            "inference_allowed_mirroring_axes": None}}, sys.argv[1])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="the Python that nnU-Net is installed in")
    python = parser.parse_args().python
    with tempfile.TemporaryDirectory() as name:
        model = Path(name) / "nnUNetTrainer__nnUNetPlans__3d_fullres"
        (model / "fold_0").mkdir(parents=True)
        (model / "plans.json").write_text(json.dumps(PLANS), encoding="utf-8")
        (model / "dataset.json").write_text(json.dumps(DATASET), encoding="utf-8")
        code = WEIGHTS.format(network=NETWORK)
        subprocess.run([python, "-c", code, str(model / "fold_0" / "checkpoint_final.pth")], check=True)
        array = np.full((32, 36, 40), -1000, dtype=np.int16)
        array[6:26, 8:28, 8:32] = 700
        backend = load_backend("nnunet")
        task = open_task(backend, str(model))
        found = label_with_backend(
            Volume(array, np.diag([2.0, 2.0, 2.5, 1.0]), modality="CT"), backend, task, find_backend(backend, python)
        )
    facts = found.figures["backend"]
    names = ", ".join(f"{segment.name} {segment.volume_mm3:.0f} mm3" for segment in found.segments)
    print(f"nnU-Net {facts['version']}: {facts['seconds']} s; {names}; voxel {facts['voxel_mm']}")
    print(f"torch in this process: {'torch' in sys.modules}")


if __name__ == "__main__":
    main()
