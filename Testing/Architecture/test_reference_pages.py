"""The generated pages of the documentation say what the options and the data files say today."""

import re
from pathlib import Path

import pytest

from tools import reference_pages

PAGES = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(reference_pages.pages()))
def test_page_is_current(name: str) -> None:
    written = (PAGES / "reference" / name).read_text(encoding="utf-8")
    assert written == reference_pages.pages()[name], "run: python -m tools.reference_pages"


def test_every_page_stands_in_a_list_of_pages() -> None:
    """A page that no list names is found by nobody, and the site is not built with it."""
    listed = set()
    for listing in (PAGES / "index.md", PAGES / "decisions" / "README.md"):
        for block in re.findall(r"```{toctree}\n(.*?)```", listing.read_text(encoding="utf-8"), re.DOTALL):
            for entry in block.split():
                listed |= set(listing.parent.glob(f"{entry}.md")) if not entry.startswith(":") else set()
    pages = {page for page in PAGES.rglob("*.md") if "_build" not in page.parts}
    assert pages - listed == {PAGES / "index.md"}
