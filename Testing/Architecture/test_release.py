"""One version: the engine states it, and what names it beside the engine agrees."""

import json
import re
from pathlib import Path

from dicomtoprint import __version__

ROOT = Path(__file__).resolve().parents[2]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_citation_and_changelog_name_the_version_of_the_engine():
    assert re.search(r"^version: (\S+)$", text_of("CITATION.cff"), re.MULTILINE)[1] == __version__
    newest = re.search(r"^## (\S+) - (\S+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert newest[1] == __version__
    released = re.search(r"^date-released: (\S+)$", text_of("CITATION.cff"), re.MULTILINE)[1]
    assert newest[2] in ("unreleased", released)


def test_package_and_extension_take_the_version_from_elsewhere():
    """The wheel reads it from the engine; an extension has the revision of its repository, and no version of its own."""
    package = text_of("pyproject.toml")
    assert 'dynamic = ["version"]' in package
    assert '[tool.hatch.version]\npath = "DicomToPrint/dicomtoprint/__init__.py"' in package
    assert not re.search(r"^version\s*=", package, re.MULTILINE)
    assert "VERSION" not in text_of("CMakeLists.txt").replace("cmake_minimum_required(VERSION", "")


def test_the_changelog_is_a_page():
    assert len(text_of("CHANGELOG.md").splitlines()) <= 80


def test_the_entry_of_the_extensions_index_is_that_of_the_extension():
    entry = json.loads(text_of("Resources/ExtensionsIndex/DicomToPrint.json"))
    homepage = re.search(r'EXTENSION_HOMEPAGE "(\S+)"', text_of("CMakeLists.txt"))[1]
    assert entry["scm_url"] == f"{homepage}.git"
    depends = re.search(r'EXTENSION_DEPENDS "(\S+)"', text_of("CMakeLists.txt"))[1]
    assert entry["build_dependencies"] == ([] if depends == "NA" else depends.split())
    assert set(entry) == {
        *(
            "$schema",
            "build_dependencies",
            "build_subdirectory",
            "category",
            "enabled",
            "scm_revision",
            "scm_url",
            "tier",
        ),
    }
