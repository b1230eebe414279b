"""What CMake installs is what is tracked: a file that no pattern takes would be missing in the packaged extension."""

import fnmatch
import re
import subprocess
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[2] / "DicomToPrint"


def patterns(variable):
    """Patterns of a recursive glob in CMakeLists.txt, and the files that it names besides."""
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    glob = re.search(rf"file\(GLOB_RECURSE {variable} RELATIVE \S+ CONFIGURE_DEPENDS\s(.*?)\)", text, re.DOTALL).group(
        1
    )
    extra = re.findall(rf"list\(INSERT {variable} 0 (\S+)\)", text)
    return [*glob.split(), *(name.replace("${MODULE_NAME}", "DicomToPrint") for name in extra)]


def tracked():
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=MODULE,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip("no git checkout: nothing says which files are tracked")
    return [name for name in listing.stdout.split("\n") if name and (MODULE / name).is_file()]


def taken(name, globs):
    """Whether CMake's recursive glob takes the file: the folder at any depth, the last part as a pattern."""
    for glob in globs:
        folder, _, last = glob.rpartition("/")
        inside = name.startswith(folder + "/") if folder else "/" not in name
        if inside and fnmatch.fnmatch(name.rpartition("/")[2], last):
            return True
    return False


def test_every_tracked_file_is_installed_once():
    scripts, resources = patterns("MODULE_PYTHON_SCRIPTS"), patterns("MODULE_PYTHON_RESOURCES")
    for name in tracked():
        if name == "CMakeLists.txt":
            continue
        kinds = taken(name, scripts), taken(name, resources)
        assert sum(kinds) == 1, (
            f"{name}: {'no' if not any(kinds) else 'more than one'} pattern of CMakeLists.txt takes it"
        )


def test_what_is_installed_is_tracked():
    files = set(tracked())
    present = {
        path.relative_to(MODULE).as_posix()
        for path in MODULE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert present <= files, f"not tracked, yet installed by the patterns: {sorted(present - files)}"


def test_data_and_typing_marker_are_in_the_package():
    names = tracked()
    assert "dicomtoprint/py.typed" in names
    assert any(name.startswith("dicomtoprint/data/protocols/") for name in names)
