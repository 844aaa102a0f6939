"""The argument parser of a command: short errors, and which options of a group were given."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from ..core.errors import UserError

BAD_ARGUMENTS = 2

IMPORT, RENDER = "import", "render"
"""What groups of options are for, see `CommandParser.add_options_for`."""


class OptionGroup:
    """A titled group of options in the help; knows the actions that were added to it.

    Attributes:
        purpose: what the options are for, see `CommandParser.add_options_for`.
    """

    def __init__(self, purpose: str, add_argument: Any) -> None:
        self.purpose = purpose
        self.actions: list[argparse.Action] = []
        self._add_argument = add_argument

    def add_argument(self, *names: str, **settings: Any) -> None:
        self.actions.append(self._add_argument(*names, **settings))


class CommandParser(argparse.ArgumentParser):
    """An argument parser that says in its namespace which options the user gave.

    After parsing, ``given`` holds by purpose (see `add_options_for`) the option strings that were on the command line,
    in the order of the help. An option counts as given also where its value is the default.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # argparse takes "-1..1" and "-1,0,1" for options, while no option here begins with a digit.
        self._negative_number_matcher = re.compile(r"-\.?\d")
        self._option_groups: list[OptionGroup] = []

    def add_options_for(self, purpose: str, title: str) -> OptionGroup:
        """Add a group of options that have an effect only for one purpose.

        Args:
            purpose: key in ``given``; several groups may share it.
            title: of the group in the help.
        """
        group = OptionGroup(purpose, self.add_argument_group(title).add_argument)
        self._option_groups.append(group)
        return group

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        options = namespace or argparse.Namespace()
        watched = [(group.purpose, action) for group in self._option_groups for action in group.actions]
        # argparse fills in a default only where there is no value yet, so what is None afterwards was not given.
        for _, action in watched:
            setattr(options, action.dest, None)
        options, unknown = super().parse_known_args(args, options)
        given: dict[str, list[str]] = {group.purpose: [] for group in self._option_groups}
        for purpose, action in watched:
            if getattr(options, action.dest) is None:
                setattr(options, action.dest, action.default)
            else:
                given[purpose].append(action.option_strings[0])
        if given:
            options.given = given
        return options, unknown

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"Error: {message}\n{self.prog} --help lists the options.\n")


def refuse_options(given: list[str], reason: str, fix: str) -> None:
    """Refuse options that would have no effect: better than doing something else than was asked for."""
    if given:
        raise UserError("arguments.no_effect", f"{reason}: {', '.join(given)}.", fix)
