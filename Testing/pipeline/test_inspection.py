"""Repair by `inspect --repair`: what it cannot mend is told in plain words."""

import re

import numpy as np
import pytest

from dicomtoprint.errors import RefusedError
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.pipeline.inspection import inspect_file
from Phantoms.solids import write_stl

TRIANGLE = Mesh(np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32))
PAIR = Mesh(np.eye(4, 3, dtype=np.float32), np.array([[0, 1, 2], [0, 1, 2]], np.int32))


@pytest.mark.parametrize("mesh", [TRIANGLE, PAIR], ids=["one thing left", "several things left"])
def test_a_repair_that_fails_says_what_is_left_in_words(mesh, tmp_path):
    path = tmp_path / "sheet.stl"
    write_stl(path, mesh)
    with pytest.raises(RefusedError) as caught:
        inspect_file(path, repair_to=tmp_path / "mended.stl")
    sentence = str(caught.value)
    assert re.search(r"without changing it \(\d+ [a-z ]+(; \d+ [a-z ]+)*\): mend it", sentence), sentence
    assert not re.search(r"[\[\]]|\(\(|'\d|,\)|\.\)", sentence), sentence
    assert not (tmp_path / "mended.stl").exists()
