"""Inputs to cases: a folder is one case a study, a file is one case."""

import os
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .case import Case
from .folder import case_folder, case_name, is_finished, read_outcome
from .studies import StudyFiles, split_into_studies

_PACKED_FACTOR = 4  # of .nii.gz and .nrrd: a CT shrinks two to four times
_BYTES_PER_VOXEL = 2


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """What is to be made of one input: command, options without input and output, their hash, and the name that the user gave.

    `occurrence` counts the requests of a table for the same input, from 0.
    """

    source: str
    command: str
    options: tuple[str, ...]
    settings_sha256: str
    name: str = ""
    occurrence: int = 0


def cases_of(request: CaseRequest, root: Path, key: bytes) -> Iterator[Case]:
    """The cases of one input: a study each for a folder or a DICOMDIR, else one.

    The headers are read only where the input is not known as one finished case, with the same files, that did not fail.
    """
    source = Path(os.path.abspath(request.source))
    identity = (str(source), *([str(request.occurrence)] if request.occurrence else []))
    one = Case(
        request.name or case_name(key, *identity),
        str(source),
        request.command,
        request.options,
        request.settings_sha256,
    )
    if request.command != "run" or is_finished(one, read_outcome(case_folder(root, one.name)), True):
        yield one
        return
    folder = source.parent if source.name.upper().split(";")[0] == "DICOMDIR" else source
    if not folder.is_dir():
        yield replace(one, voxels=_voxels_of_file(source))
        return
    studies = split_into_studies(folder)
    if not studies or (len(studies) == 1 and folder != source):
        yield replace(one, voxels=studies[0].voxels if studies else 0)
        return
    for study, home in zip(studies, _own_folders(studies)):
        # By its own folder, so that a study keeps its name where others come to the archive.
        name = case_name(key, home or str(source), *([] if home else [study.uid]), *identity[1:])
        if request.name:
            name = request.name if len(studies) == 1 else f"{request.name}-{name[:6]}"
        yield replace(
            one, name=name, source=home or str(folder), files=() if home else tuple(study.files), voxels=study.voxels
        )


def _own_folders(studies: tuple[StudyFiles, ...]) -> Iterator[str]:
    """For each study the folder that holds its files and no others; empty where there is none."""
    below: Counter[str] = Counter()
    for study in studies:
        for file in study.files:
            for folder in Path(file).parents:
                below[str(folder)] += 1
    for study in studies:
        common = os.path.commonpath([os.path.dirname(file) for file in study.files])
        yield common if below[common] == len(study.files) else ""


def _voxels_of_file(path: Path) -> int:
    """At most so many voxels are in a file, by its size."""
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                return sum(info.file_size for info in archive.infolist()) // _BYTES_PER_VOXEL
        packed = path.suffix.lower() in (".gz", ".nrrd", ".mha")
        return path.stat().st_size * (_PACKED_FACTOR if packed else 1) // _BYTES_PER_VOXEL
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
        return 0
