"""Segmentation methods by name: the built-in ones, and one of an installed package that a preset names."""

import json

import numpy as np
import pytest

from dicomtoprint.errors import UsageError
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.segmentation.methods import SEGMENTERS
from dicomtoprint.volume import Volume
from Phantoms.installed_package import install

BRIGHTEST = """
import numpy as np

from dicomtoprint.segmentation import Segment, Segmentation, Segmenter


class Brightest(Segmenter):
    name = "brightest"

    def segment(self, volume, anatomy, hints, progress):
        labels = (volume.array == volume.array.max()).astype(np.uint8)
        look = anatomy.looks[0]
        size = float(labels.sum()) * volume.voxel_volume
        part = Segment(look.id, 1, look.name, look.color, None, look.terminology, size)
        return Segmentation(volume, volume.affine, labels, np.zeros_like(labels), (part,), (f"seeds: {len(hints.seeds_lps)}",))
"""


def preset(folder, method):
    content = {
        "name": "brightest",
        "version": "1",
        "title": "The brightest voxels",
        "help": "What is brightest in the scan.",
        "method": method,
        "segments": [{"id": "bright", "name": "Bright", "color": [1.0, 1.0, 1.0], "terminology": {}}],
    }
    path = folder / "brightest.json"
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return str(path)


def test_every_built_in_method_has_the_name_it_is_known_by():
    assert [SEGMENTERS.get(name).name for name in SEGMENTERS.names] == ["grey", "labels"]


def test_a_preset_of_a_method_that_nobody_brings_is_refused_with_its_line(tmp_path):
    with pytest.raises(
        UsageError, match=r"brightest\.json, line 6: 'method' must be one of grey, labels, not brightest"
    ):
        load_anatomy(preset(tmp_path, "brightest"))


def test_a_method_of_an_installed_package_finds_what_its_preset_asks_for(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "dicomtoprint.segmenters", "brightest", BRIGHTEST, "Brightest")
    array = np.zeros((4, 5, 6), dtype=np.int16)
    array[1:3, 2, 3] = 700
    found = segment(Volume(array, np.eye(4)), load_anatomy(preset(tmp_path, "brightest")), seeds_lps=[(0.0, 0.0, 0.0)])
    assert np.count_nonzero(found.labels) == 2 and found.segments[0].name == "Bright"
    assert found.notes == ("seeds: 1",)
