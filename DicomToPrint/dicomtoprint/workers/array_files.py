"""Numpy arrays in files named by their content, memory-mapped when read; small ones as JSON."""

import base64
import functools
import hashlib
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np

INLINE_BYTES = 16_384  # arrays below this stand in the document that holds them
_CHUNK_BYTES = 16_000_000
_ARRAY_NAME = re.compile(r"[0-9a-f]{40}\.npy")


def require_plain(dtype: "np.dtype[Any]", where: str) -> None:
    """Raises TypeError for an array of objects or records; `where` is the place that the sentence names."""
    if dtype.hasobject or dtype.fields is not None:
        raise TypeError(f"{where}: an array of {dtype} cannot be stored.")


def array_to_json(array: np.ndarray, where: str) -> dict[str, Any]:
    """A small array in the document; the order of its axes in memory is kept, as a ``.npy`` does."""
    require_plain(array.dtype, where)
    order: Literal["C", "F"] = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    data = base64.b64encode(array.tobytes(order=order)).decode("ascii")
    return {"dtype": array.dtype.str, "shape": list(array.shape), "order": order, "data": data}


def array_from_json(entry: Mapping[str, Any]) -> np.ndarray:
    """The array of `array_to_json`, which may be changed. Raises ValueError, KeyError or TypeError for another form."""
    dtype = np.dtype(entry["dtype"])
    if dtype.hasobject or dtype.fields is not None or entry["order"] not in ("C", "F"):
        raise ValueError("an array of it is damaged")
    data = bytearray(base64.b64decode(entry["data"], validate=True))  # a copy that may be changed
    shape = tuple(entry["shape"])
    if math.prod(shape) * dtype.itemsize != len(data) or len(data) >= INLINE_BYTES:
        raise ValueError("an array of it is damaged")
    flat = np.frombuffer(data, dtype=dtype) if data else np.empty(0, dtype=dtype)
    return flat.reshape(shape, order=entry["order"])


def stored_name(array: np.ndarray, arrays: Path) -> str | None:
    """The file that a memory-mapped array was read from, where that is one of `arrays` and nothing was changed since.

    Comparing is several times as fast as hashing, and reads what is in memory already.
    """
    source = array if isinstance(array, np.memmap) else array.base
    if not isinstance(source, np.memmap) or source.filename is None:
        return None
    path = Path(source.filename)
    same_data = array.shape == source.shape and array.dtype == source.dtype and array.strides == source.strides
    if (
        path.parent != arrays
        or not same_data
        or array.__array_interface__["data"] != source.__array_interface__["data"]
    ):
        return None
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return path.name if all(map(_equal_bytes, _chunks(array), _chunks(stored))) else None


def _equal_bytes(first: np.ndarray, second: np.ndarray) -> bool:
    return np.array_equal(first, second)


def _chunks(array: np.ndarray) -> Iterable[np.ndarray]:
    """The bytes of an array in the order of its memory, some megabytes at a time; copies only what is not contiguous."""
    ordered = array.T if array.flags.f_contiguous and not array.flags.c_contiguous else array
    flat = np.ascontiguousarray(ordered).reshape(-1).view(np.uint8)
    for start in range(0, flat.size, _CHUNK_BYTES):
        yield flat[start : start + _CHUNK_BYTES]


def store_array(array: np.ndarray, arrays: Path) -> str:
    """Writes an array under the hash of its content, unless it is there; the file's name."""
    is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape} {is_fortran}".encode("ascii"))
    for chunk in _chunks(array):
        digest.update(chunk.data)
    name = f"{digest.hexdigest()[:40]}.npy"
    if not (arrays / name).is_file():
        write_atomically(arrays / name, functools.partial(_save_npy, array))
    return name


def _save_npy(array: np.ndarray, draft: Path) -> None:
    with draft.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Writes a file beside `path` and gives it its name when it is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(draft)
        os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def map_array(arrays: Path, name: str, dtype: str, shape: list[int]) -> np.ndarray:
    """The array of a file, memory-mapped copy on write, as a plain `numpy.ndarray`.

    Raises ValueError for a name that is none of `store_array`, and where the file holds another array; OSError.
    """
    if not _ARRAY_NAME.fullmatch(name):
        raise ValueError("it names a file that is none of its arrays")
    mapped = np.load(arrays / name, mmap_mode="c", allow_pickle=False).view(np.ndarray)  # keeps the mapping as its base
    if mapped.dtype.str != dtype or list(mapped.shape) != shape:
        raise ValueError("an array of it is damaged")
    return mapped
