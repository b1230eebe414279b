"""Whether an input is still the one that a case was made from: by names, sizes and times first, by its contents where these differ."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io import sha256_of
from .case import Case


def input_files(case: Case) -> Iterator[tuple[str, Path]]:
    """Name relative to the input and path of every file of a case, in a fixed order."""
    source = Path(case.source)
    if case.files:
        yield from ((os.path.relpath(file, source), Path(file)) for file in case.files)
    elif source.is_dir() or source.name.upper().split(";")[0] == "DICOMDIR":
        root = source if source.is_dir() else source.parent
        for folder, subfolders, names in os.walk(root):
            subfolders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                yield path.relative_to(root).as_posix(), path
    else:
        yield source.name, source


def stat_hash(case: Case) -> str:
    """Hash over name, size and time of change of every file; empty where one of them cannot be looked at."""
    digest = hashlib.sha256()
    try:
        for name, path in input_files(case):
            facts = path.stat()
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    except OSError:
        return ""
    return digest.hexdigest()


def describe_input(case: Case) -> dict[str, Any]:
    """``stat``, ``sha256``, ``files`` and ``bytes`` of an input. ``sha256`` is over the sorted hashes of the files, independent of their
    names and order; empty where a file cannot be read.
    """
    before = stat_hash(case)
    hashes, size = [], 0
    try:
        for _name, path in input_files(case):
            hashes.append(sha256_of(path))
            size += path.stat().st_size
    except OSError:
        return {"stat": before, "sha256": "", "files": len(hashes), "bytes": size}
    whole = hashlib.sha256("\n".join(sorted(hashes)).encode("ascii")).hexdigest()
    return {"stat": before, "sha256": whole, "files": len(hashes), "bytes": size}
