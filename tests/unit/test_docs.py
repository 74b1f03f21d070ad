"""What the documentation points at is there, and nothing of a merge or a draft has stayed in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = ("officesmart_ivr", "tests", "bench", "asterisk-conf", "config", "docker", "docs", "sounds")
"""The folders whose files pages name, and in which pages are named."""

TEXTS = {".md", ".py", ".yaml", ".j2", ".conf", ".service", ".nft", ".sh", ".toml", ""}
TREE = [f"/{path.relative_to(ROOT)}" for folder in SOURCES for path in (ROOT / folder).rglob("*")]

LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
FENCED = re.compile(r"^(`{3,}).*?^\1\s*?$", re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r"`[^`\n]+`")
FILE = re.compile(r"[\w*./-]+\.(?:py|j2|xml)\b|\b(?:officesmart_ivr|tests|bench|docs)/[\w*./-]*\w")
PAGE = re.compile(r"\bdocs/[\w./-]+\.md\b")
CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: .*)?$|^={7}$", re.MULTILINE)
PLACEHOLDER = re.compile(r"^[ \t]*[A-Z_]{3,}[ \t:.]*$|\b(?:TODO|FIXME|XXX|TBD)\b", re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCED.sub("", page.read_text("utf-8"))


def headings(page: Path) -> list[str]:
    return HEADING.findall(prose(page))


def anchor(heading: str) -> str:
    """The name by which links find a heading: letters, digits and hyphens, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, name = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not name or name in map(anchor, headings(target))


def dead_links(page: Path) -> list[str]:
    links = LINK.findall(QUOTED.sub("", prose(page)))
    return [link for link in links if not re.match("[a-z]+:", link) and not leads_somewhere(page, link)]


def unknown_files(page: Path) -> Iterator[str]:
    for quoted in QUOTED.findall(page.read_text("utf-8")):
        for named in FILE.findall(quoted):
            end = f"*/{named.removeprefix('/')}"
            if not any(fnmatch(path, end) for path in TREE):
                yield named


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page) == []


@each_page
def test_no_heading_stands_twice(page: Path) -> None:
    assert [heading for heading, times in Counter(headings(page)).items() if times > 1] == []


@each_page
def test_files_that_are_named_are_there(page: Path) -> None:
    assert list(unknown_files(page)) == []


@each_page
def test_no_placeholder_has_stayed(page: Path) -> None:
    assert PLACEHOLDER.findall(prose(page)) == []


def test_no_conflict_has_stayed_and_pages_that_are_named_are_there() -> None:
    texts = [ROOT / path.lstrip("/") for path in TREE if Path(path).suffix in TEXTS]
    for path in (*PAGES, *(path for path in texts if path.is_file())):
        text = path.read_text("utf-8", errors="replace")
        assert CONFLICT.findall(text) == [], path
        assert [page for page in PAGE.findall(text) if not (ROOT / page).is_file()] == [], path
