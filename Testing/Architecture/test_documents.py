"""Pages name what exists: links within the project lead somewhere, and tests that are named as proof are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("Resources/*.md"), *ROOT.glob(".github/**/*.md")]
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
TEST = re.compile(r"`(Testing/[\w/.-]+\.py)(?:::(test_\w+))?`")


def _id(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_links_lead_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing, missing


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_tests_that_are_named_exist(page):
    missing = []
    for path, name in TEST.findall(page.read_text(encoding="utf-8")):
        file = ROOT / path
        if not file.is_file() or (name and f"def {name}(" not in file.read_text(encoding="utf-8")):
            missing.append(f"{path}::{name}")
    assert not missing, missing


def test_the_readme_is_a_page_for_newcomers():
    """Figures and tables stand in docs/figures.md."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130
