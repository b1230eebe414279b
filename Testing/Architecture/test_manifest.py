"""What CMake installs is what there is: a file that is not listed would be missing in the packaged extension."""

import re
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "DicomToPrint"


def listed(variable):
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    block = re.search(rf"set\({variable}\s(.*?)\)", text, re.DOTALL).group(1)
    return [line.strip().replace("${MODULE_NAME}", "DicomToPrint") for line in block.splitlines() if line.strip()]


def present(*patterns):
    return sorted(
        path.relative_to(MODULE).as_posix()
        for pattern in patterns
        for path in MODULE.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )


def agree(names, files):
    """Each file once, and none that is not there; the message is what to change in DicomToPrint/CMakeLists.txt."""
    assert not set(files) - set(names), f"add {sorted(set(files) - set(names))}"
    assert not set(names) - set(files), f"take out {sorted(set(names) - set(files))}"
    assert len(names) == len(set(names)), "a file is listed twice"


def test_every_script_is_listed_once():
    agree(listed("MODULE_PYTHON_SCRIPTS"), present("**/*.py"))


def test_every_resource_is_listed_once():
    agree(listed("MODULE_PYTHON_RESOURCES"), present("Resources/**/*"))
