"""Sphinx: the pages of this folder and the engine's docstrings as a site. `make docs` builds it; a warning is an error."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "DicomToPrint"))

import dicomtoprint  # noqa: E402

project = "DicomToPrint"
author = "The DicomToPrint maintainers"
copyright = f"2026, {author}"
version = release = dicomtoprint.__version__
root_doc = "index"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "numpydoc"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"DicomToPrint {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
numpydoc_show_class_members = False
exclude_patterns = ["_build"]

REPOSITORY = "https://github.com/DicomToPrint/SlicerDicomToPrint/blob/main"
LINK = re.compile(r"(?<!!)\]\(((?:\.\./)+[^)\s#]+|recipes[^)\s#]*)(#[^)]*)?\)")


def link_to_repository(app, document, source):
    """A link that leaves this folder leads to the file in the repository: the site holds these pages alone."""
    folder = (ROOT / "docs" / document).parent

    def target(found: re.Match[str]) -> str:
        path = (folder / found[1]).resolve()
        inside = path.is_relative_to(ROOT / "docs") and path.suffix == ".md"
        if inside or path.suffix == ".png":
            return found[0]
        return f"]({REPOSITORY}/{path.relative_to(ROOT).as_posix()}{found[2] or ''})"

    source[0] = LINK.sub(target, source[0])


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", link_to_repository)
