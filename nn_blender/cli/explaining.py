"""The command that explains a network's answers in files."""

from __future__ import annotations

import argparse

from ..actions.explanations.explain_network import ExplainOptions, explain_network
from ..core.explanations import METHODS
from ..core.explanations.targets import PREDICTED_WORD
from .console import finish, say
from .given_options import refuse_options
from .loading import load_options, python_of


def explain(options: argparse.Namespace) -> None:
    methods = tuple(METHODS.find(name) for name in dict.fromkeys(options.method))
    if options.layer is not None and not any(method.weights_layer for method in methods):
        refuse_options(["--layer"], "None of these methods weights a layer's maps", _fix("weights_layer"))
    if options.steps is not None and not any(method.has_steps for method in methods):
        refuse_options(["--steps"], "None of these methods takes several steps", _fix("has_steps"))
    explain_options = ExplainOptions(
        **load_options(options),
        folder=options.output,
        methods=tuple(method.name for method in methods),
        targets=tuple(dict.fromkeys(options.target or [PREDICTED_WORD])),
        layer=options.layer or "",
        steps=options.steps or ExplainOptions.steps,
        disable=tuple(options.disable),
        gain=tuple(options.gain),
    )
    explained = finish(explain_network(python_of(options), explain_options), "Explain")
    for note in explained.notes:
        say(note)
    count, names = len(explained.files.explained), ", ".join(method.name for method in explained.methods)
    say(f"Wrote {options.output}: {count:,} {'sample' if count == 1 else 'samples'}, {names}")


def _fix(attribute: str) -> str:
    known = ", ".join(method.name for method in METHODS if getattr(method, attribute))
    return f"Add one of {known}, or leave it out."
