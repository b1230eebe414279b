"""Files of at most 400 lines and functions of at most 60: what is longer does two jobs, or says here why not."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("DicomToPrint", "Testing", "tools")
FILE_LINES, FUNCTION_LINES = 400, 60
# What may be longer, and why. An entry that is no longer needed fails the test too.
EXCEPTIONS = {
    "DicomToPrint/dicomtoprint/segmentation/thin_bone.py:detect_ridges": "nearly half is its docstring; one pass over slices",
}


def sizes():
    """(name, lines, limit) of every file and function of the extension, its tests and its tools."""
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        if "__pycache__" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        yield name, len(text.splitlines()), FILE_LINES
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{name}:{node.name}", node.end_lineno - node.lineno + 1, FUNCTION_LINES


def test_no_file_and_no_function_is_longer_without_a_reason():
    longer = {name: lines for name, lines, limit in sizes() if lines > limit}
    assert {name: lines for name, lines in longer.items() if name not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) <= set(longer), "take out what is short enough by now"


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_has_its_reason(name):
    assert len(EXCEPTIONS[name].split()) > 3
