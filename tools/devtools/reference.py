"""The command line reference, made from the parser; run in Blender's Python, which alone can import the commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = "docs/command-line.md"
HEAD = """# Command line

Made from the parser by `python3 tools/dev.py docs`; change the help texts in `nn_blender/cli/parser.py` and
`option_groups.py` beside it instead.

From a checkout write `python3 tools/dev.py cli -- COMMAND …`. With the extension installed, Blender runs the same
commands: `blender --command nn_blender COMMAND …`.

```
python3 tools/dev.py cli -- import MODEL.keras --samples IMAGES --save scene.blend --render picture.png
python3 tools/dev.py cli -- import MODEL.keras --samples IMAGES --disable "conv_2:0,3,7-9" --save without.blend
python3 tools/dev.py cli -- import MODEL.keras --samples IMAGES --influence influence.csv
python3 tools/dev.py cli -- explain MODEL.keras --samples IMAGES --method gradient,grad-cam --output FOLDER
python3 tools/dev.py cli -- render scene.blend --animation --output film.mp4
python3 tools/dev.py cli -- inspect MODEL.h5
```

Renders are denoised where this Blender can; saved files are not set to.
"""


def command_line_page(parser: argparse.ArgumentParser) -> str:
    """The page as Markdown: a section per command, a table per group of its options."""
    sections = [HEAD, f"{parser.epilog}\n"]
    commands = dict(commands_of(parser))
    width = max(map(len, commands))
    listing = [f"{name:{width}}  {command.description}" for name, command in commands.items()]
    sections.append("\n".join(["```", *listing, "```"]) + "\n")
    sections += [_section(name, command) for name, command in commands.items()]
    return "\n".join(sections)


def commands_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Names and parsers of the commands of a parser."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list what it was given.
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield from action.choices.items()


def _section(name: str, command: argparse.ArgumentParser) -> str:
    tables = [
        table
        for group in command._action_groups  # noqa: SLF001
        if (table := _table(group.title or "", [action for action in group._group_actions if action.dest != "help"]))  # noqa: SLF001
    ]
    return "\n".join([f"## {name}\n", f"{command.description}\n", *tables])


def _table(title: str, actions: list[argparse.Action]) -> str:
    """A Markdown table of options; empty where there are none."""
    if not actions:
        return ""
    heading = {"positional arguments": "Arguments", "options": "Options"}.get(title, title.capitalize())
    rows = [f"| `{_name(action)}` | {_help(action)} |" for action in actions]
    return "\n".join([f"| {heading} | |", "|---|---|", *rows]) + "\n"


def _name(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else "")
    words = [*action.option_strings[:1], *([str(value)] if value and action.nargs != 0 else [])]
    return " ".join(words).replace("|", "\\|")


def _help(action: argparse.Action) -> str:
    return ((action.help or "") % vars(action)).replace("|", "\\|")


def main() -> None:
    from nn_blender.cli.parser import make_parser

    Path(sys.argv[1]).write_text(command_line_page(make_parser()), encoding="utf-8")


if __name__ == "__main__":
    main()
