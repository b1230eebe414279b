"""The Extensions Index's own checks, by its own regular expressions, as far as they can run without the network."""

import json
import re
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
ENTRY = ROOT / "Resources" / "ExtensionsIndex" / "DicomToPrint.json"
RAW = "https://raw.githubusercontent.com/DicomToPrint/SlicerDicomToPrint/main/"


def test_the_project_is_named_as_the_entry():
    assert re.findall(r"project\s*\(\s*([^\s\)\n\r]+)", CMAKE, re.IGNORECASE | re.MULTILINE)[0] == ENTRY.stem
    assert not ENTRY.stem.lower().startswith("slicer")


def png_size(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def test_the_icon_is_there_and_is_128_pixels():
    url = re.findall(r'set\s*\(EXTENSION_ICONURL\s*"([^"]+)"[ ]*\)', CMAKE, re.IGNORECASE | re.MULTILINE)[0]
    assert url.startswith(RAW)
    assert png_size(ROOT / url.removeprefix(RAW)) == (128, 128)


def test_the_screenshots_are_there():
    urls = re.findall(r'set\s*\(EXTENSION_SCREENSHOTURLS\s*"([^"]+)"\)', CMAKE, re.IGNORECASE | re.MULTILINE)[0].split()
    assert urls
    for url in urls:
        assert url.startswith(RAW)
        width, height = png_size(ROOT / url.removeprefix(RAW))
        assert width >= 400
        assert height >= 400


def test_the_entry_is_as_the_index_wants_it():
    data = ENTRY.read_bytes()
    assert b"\r" not in data
    content = json.loads(data)
    assert {"$schema", "category", "scm_url"} <= set(content)
    allowed = {
        "$schema",
        "category",
        "scm_url",
        "scm_revision",
        "scm_type",
        "build_dependencies",
        "dicom_support_rule",
        "build_subdirectory",
        "enabled",
        "tier",
    }
    assert set(content) <= allowed
    assert content["category"] == "Printing"
    assert content["scm_url"].startswith("https://")
    name = content["scm_url"].rstrip("/").rpartition("/")[2].removesuffix(".git")
    assert name.startswith("Slicer")
    assert 1 <= content["tier"] <= 5


def test_the_licence_is_there():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_repository_stays_small():
    total = sum(
        path.stat().st_size
        for folder in ("DicomToPrint", "Resources", "Testing")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    assert total < 20e6
