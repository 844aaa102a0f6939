"""The documentation: links lead somewhere, commands exist, pages made from the code are those that the code makes."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from devtools.commands import _parser
from devtools.paths import CHECKOUT
from devtools.rooms import PICTURE, draw_rooms

PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
DEV_COMMAND = re.compile(r"tools/dev\.py ([a-z][a-z-]*)")
MODULE = re.compile(r"`((?:nn_blender|tests|tools|core|worker|engine|scene|actions|ui|cli)/[\w/]+\.py)`")


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(CHECKOUT)) for page in pages]


def anchor(heading: str) -> str:
    """Give the anchor that a heading has on the usual hosts of repositories."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def is_dead(page: Path, link: str) -> bool:
    if "://" in link:
        return False
    path, _, wanted = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return True
    return bool(wanted) and wanted not in map(anchor, HEADING.findall(target.read_text(encoding="utf-8")))


def dev_commands() -> set[str]:
    (commands,) = [action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return set(commands.choices)


def test_there_are_pages_and_links():
    assert len(PAGES) > 5
    assert sum(len(LINK.findall(page.read_text(encoding="utf-8"))) for page in PAGES) > 10


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_no_link_is_dead(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if is_dead(page, link)] == []


def test_a_dead_link_would_be_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A Title, here\n", encoding="utf-8")
    assert [link for link in ("page.md", "#a-title-here", "page.md#other", "gone.md") if is_dead(page, link)] == [
        "page.md#other",
        "gone.md",
    ]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_developer_commands_exist(page):
    found = set(DEV_COMMAND.findall(page.read_text(encoding="utf-8")))
    assert found - dev_commands() == set()


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_files_that_are_named_exist(page):
    named = MODULE.findall(page.read_text(encoding="utf-8"))
    places = (CHECKOUT, CHECKOUT / "nn_blender")
    gone = [name for name in named if not any((place / name).exists() for place in places)]
    # A recipe calls a file to be made NAME.py, in a folder that is there.
    assert [name for name in gone if not any((place / name.removesuffix("NAME.py")).is_dir() for place in places)] == []


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_page_can_be_reached_from_the_readme(page):
    linked = LINK.findall((CHECKOUT / "README.md").read_text(encoding="utf-8"))
    assert page.name == "README.md" or f"docs/{page.name}" in linked


def test_the_drawing_of_the_rooms_is_that_of_the_code():
    # Where this fails, `python3 tools/dev.py docs` draws it anew.
    assert PICTURE.read_text(encoding="utf-8") == draw_rooms()
