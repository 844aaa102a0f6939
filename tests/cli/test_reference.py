"""The command line reference in docs/ is what the parser says, and the documentation names no other command."""

from __future__ import annotations

import re

from devtools.paths import CHECKOUT
from devtools.reference import PAGE, command_line_page, commands_of
from nn_blender.cli.parser import make_parser

CALL = re.compile(r"(?:cli --|--command nn_blender) ([a-z][a-z-]*)([^\n`]*)")


def test_the_reference_is_what_the_parser_says() -> None:
    # Where this fails, `python3 tools/dev.py docs` writes it anew.
    assert (CHECKOUT / PAGE).read_text(encoding="utf-8") == command_line_page(make_parser())


def test_the_reference_has_every_command_and_option() -> None:
    page = command_line_page(make_parser())
    for name, command in commands_of(make_parser()):
        assert f"## {name}\n" in page
        for action in command._actions:
            assert all(f"`{option}" in page for option in action.option_strings[:1] if option != "-h"), action


def test_documentation_uses_commands_and_options_that_exist() -> None:
    commands = dict(commands_of(make_parser()))
    pages = [CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")]
    calls = [call for page in pages for call in CALL.findall(page.read_text(encoding="utf-8"))]
    assert calls
    for name, rest in calls:
        assert name in commands, name
        known = {option for action in commands[name]._actions for option in action.option_strings}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, (name, rest)
