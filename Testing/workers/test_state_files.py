"""Results in files: every kind of value that travels between the panel and its child process, and what is refused."""

import datetime
import json
import math
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from dicomtoprint.acceptance.message_templates import MessageTemplate
from dicomtoprint.errors import InputError
from dicomtoprint.mesh.core import Mesh, Provenance
from dicomtoprint.rules import MISSING, Fact, Verdict
from dicomtoprint.volume import Volume
from dicomtoprint.workers.array_files import INLINE_BYTES
from dicomtoprint.workers.state_files import StateFolder, remove_unused_arrays


@pytest.fixture
def states(tmp_path):
    return StateFolder(tmp_path)


def big(seed=0, shape=(20, 40, 50)):
    array = np.random.default_rng(seed).integers(-1000, 1000, shape, dtype=np.int16)
    assert array.nbytes >= INLINE_BYTES
    return array


def disk_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        0.1,
        1e308,
        math.inf,
        -math.inf,
        "ÅÄ\n\0 'text'",
        (1, (2.5, "a"), ()),
        [1, [2]],
        {"a": 1, 2: "b", (1, "c"): None},
        {1, 2},
        frozenset({"x"}),
        Path("/some/where"),
        b"\x00\xff",
        datetime.date(2026, 1, 2),
        datetime.datetime(2026, 1, 2, 3, 4, 5),
        Verdict.WARN,
        Provenance.CUT,
        MessageTemplate("title", "fail", one="one"),
        Fact("name", (1.0, 2.0), parameters={"sure": "clear"}, places=((1.0, 2.0, 3.0),)),
    ],
    ids=repr,
)
def test_values_come_back_equal_and_of_their_type(states, value):
    states.save("value", value)
    found = states.load("value")
    assert found == value
    assert type(found) is type(value)


def test_nan_and_the_missing_value_come_back(states):
    states.save("value", (math.nan, Fact("name", MISSING)))
    number, fact = states.load("value")
    assert math.isnan(number)
    assert fact.value is MISSING


@pytest.mark.parametrize("dtype", ["?", "u1", "<i2", ">i4", "<i8", "<f4", "<f8", "<c16", "<U5"])
@pytest.mark.parametrize("shape", [(), (0, 3), (3, 4), (60, 90, 7)])
def test_arrays_come_back_to_the_bit(states, dtype, shape):
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    states.save("array", (array, array.dtype.type(1)))
    found, scalar = states.load("array")
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    assert type(found) is np.ndarray
    assert type(scalar) is array.dtype.type


@pytest.mark.parametrize("size", [6, 60])
def test_the_order_of_axes_in_memory_is_kept(states, size):
    array = np.asfortranarray(np.arange(3.0 * size * size).reshape(3, size, size))
    states.save("array", (array, array[:, ::2]))
    found, view = states.load("array")
    assert found.flags.f_contiguous
    assert np.array_equal(found, array)
    assert np.array_equal(view, array[:, ::2])


def test_nan_in_arrays_comes_back_and_is_found_unchanged(states):
    array = np.full((50, 60), np.nan)
    states.save("first", array)
    before = disk_bytes(states.arrays)
    states.save("second", states.load("first"))
    assert disk_bytes(states.arrays) == before


def test_an_object_met_twice_is_one_object_again(states):
    volume = Volume(big(), np.eye(4))
    states.save("pair", (volume, {"same": volume}))
    first, other = states.load("pair")
    assert other["same"] is first


def test_results_that_share_a_volume_share_its_file(states):
    volume = Volume(big(shape=(60, 100, 100)), np.eye(4))
    states.save("opened", {"scan": volume, "again": volume.array})
    once = disk_bytes(states.folder)
    states.save("copied", Volume(volume.array.copy(), np.eye(4)))
    states.save("anatomy", (states.load("opened")["scan"], "labels"))
    assert once < 1.05 * volume.array.nbytes
    assert disk_bytes(states.folder) < once + 10_000
    assert len(list(states.arrays.glob("*.npy"))) == 1


def test_a_changed_array_is_stored_again_and_the_first_stays(states):
    states.save("first", big())
    loaded = states.load("first")
    loaded[3, 2, 1] += 1
    states.save("second", loaded)
    assert np.array_equal(states.load("first"), big())
    assert np.array_equal(states.load("second"), loaded)


def test_large_arrays_are_mapped_copy_on_write(states):
    states.save("mesh", Mesh(np.zeros((9000, 3), np.float32), np.zeros((9000, 3), np.int32)))
    mesh = states.load("mesh")
    assert isinstance(mesh.points.base, np.memmap)
    assert mesh.points.base.mode == "c"
    mesh.points[:] = 1.0
    assert not states.load("mesh").points.any()


def test_two_folders_share_arrays_and_unused_ones_are_removed(tmp_path):
    shared = StateFolder(tmp_path)
    order = StateFolder(tmp_path / "order-1", shared.arrays)
    order.folder.mkdir()
    order.save("opened", big(1))
    shared.save("anatomy", big(2))
    remove_unused_arrays(shared.arrays, (shared, order))
    assert len(list(shared.arrays.iterdir())) == 2
    order.path("opened").unlink()
    remove_unused_arrays(shared.arrays, (shared, order))
    assert len(list(shared.arrays.iterdir())) == 1
    assert np.array_equal(shared.load("anatomy"), big(2))


def test_a_zip_is_opened_again(states, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("name", "content")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        states.save("zip", archive)
    with states.load("zip") as again:
        assert again.read("name") == b"content"


@dataclass(frozen=True)
class _Stranger:
    number: int = 1


@pytest.mark.parametrize(
    "value",
    [object(), _Stranger(), int, np.array([object()]), np.zeros(2, [("a", "i4")]), open],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_stored_is_refused_by_its_place(states, value):
    with pytest.raises(TypeError, match=r"^tree\['deep'\]\[1\]"):
        states.save("tree", {"deep": (0, value)})
    assert not states.has("tree")
    assert [path for path in states.folder.rglob("*") if path.is_file()] == []


def test_a_failed_write_leaves_the_result_before(states):
    states.save("result", 1)
    with pytest.raises(TypeError):
        states.save("result", object())
    assert states.load("result") == 1


HOSTILE = {
    "nothing": "",
    "text": "no json",
    "list": "[]",
    "other format": '{"format": "other/1", "objects": [], "arrays": [], "root": 1}',
    "no root": '{"format": "dicom-to-print/state/1", "objects": []}',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_result_gives_one_sentence(states, text):
    states.path("result").write_text(text)
    with pytest.raises(
        InputError, match=r"^The stored result 'result.state.json' cannot be read \(.*\): run the step again\.$"
    ):
        states.load("result")


ROOTS = {
    "class of another package": {"enum": "os:PathLike", "name": "x"},
    "function of the engine": {"named": "dicomtoprint.text:pluralize", "items": [1, "a"]},
    "main module": {"named": "dicomtoprint.__main__:x", "items": []},
    "imported into the engine": {"named": "dicomtoprint.volume:Any", "items": []},
    "not there": {"named": "dicomtoprint.nowhere:Thing", "items": []},
    "unknown kind": {"eval": "1"},
    "bare list": [1],
    "empty": {},
    "object that is not there": {"object": 0},
    "object before the first": {"object": -1},
    "array outside": {"array": {"file": "../../secret.npy", "dtype": "<i2", "shape": [1]}},
    "array that is gone": {"array": {"file": "0" * 40 + ".npy", "dtype": "<i2", "shape": [1]}},
    "objects in an array": {"inline": {"dtype": "|O", "shape": [1], "order": "C", "data": "AAAAAAAAAAA="}},
    "too large": {"inline": {"dtype": "<f8", "shape": [1 << 40], "order": "C", "data": ""}},
    "no number": {"float": "many"},
    "no zip": {"zip": "/dev/null"},
    "unhashable key": {"dict": [[{"list": []}, 1]]},
}


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
def test_hostile_documents_give_one_sentence(states, root):
    content = {"format": "dicom-to-print/state/1", "objects": [], "arrays": [], "root": root}
    states.path("result").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"^The stored result 'result.state.json' cannot be read"):
        states.load("result")


@pytest.mark.parametrize(
    "entry",
    [
        {"class": "dicomtoprint.volume:Volume", "fields": {}},
        {"class": "dicomtoprint.errors:InputError", "fields": {}},
        {"class": "subprocess:Popen", "fields": {"args": "id"}},
        {"fields": {}},
    ],
    ids=repr,
)
def test_only_the_engines_data_is_made(states, entry):
    content = {"format": "dicom-to-print/state/1", "objects": [entry], "arrays": [], "root": {"object": 0}}
    states.path("result").write_text(json.dumps(content))
    with pytest.raises(InputError):
        states.load("result")


def test_deep_nesting_gives_one_sentence(states):
    states.path("result").write_text(
        '{"format": "dicom-to-print/state/1", "objects": [], "arrays": [], "root": '
        + '{"tuple": [' * 100_000
        + "1"
        + "]}" * 100_000
        + "}"
    )
    with pytest.raises(InputError):
        states.load("result")


@pytest.mark.parametrize("kept", [0, 40, 200, 30_000])
def test_a_truncated_array_gives_one_sentence(states, kept):
    states.save("result", big())
    path = next(states.arrays.glob("*.npy"))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"cannot be read"):
        states.load("result")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_document_gives_one_sentence(states, kept):
    states.save("result", Volume(big(), np.eye(4), notes=("a note",)))
    text = states.path("result").read_text()
    states.path("result").write_text(text[: int(kept * len(text))])
    with pytest.raises(InputError, match=r"cannot be read"):
        states.load("result")


def test_an_array_of_another_size_under_the_name_is_refused(states):
    states.save("result", big())
    path = next(states.arrays.glob("*.npy"))
    np.save(path, big(shape=(20, 20, 50)))
    with pytest.raises(InputError, match=r"damaged"):
        states.load("result")


def test_replacing_keeps_what_was_loaded(states):
    states.save("result", Volume(big(), np.eye(4)))
    loaded = states.load("result")
    states.save("result", replace(loaded, notes=("changed",)))
    assert states.load("result").notes == ("changed",)
    assert np.array_equal(loaded.array, big())
