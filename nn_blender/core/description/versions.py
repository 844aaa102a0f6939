"""Versions of the form in which descriptions are written, and the steps that upgrade older ones.

Names that other programs read stay what they are; a version adds names, or says what one that was left out stands for.
A description of every version lies in tests/data/descriptions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UserError
from ..inputs import decide_inputs
from ..layout.budgets import Budget, lay_out_within
from ..network import Network, plain
from ..outputs import decide_outputs, output_as


def upgrade(data: dict[str, Any]) -> dict[str, Any]:
    """A description in its present form, whichever form it was written in.

    Raises:
        UserError: code ``description.newer``, where it was written by a later version of the extension.
        KeyError, TypeError, AttributeError: it is not written as descriptions are.
    """
    version = data.get("version", 1)
    if version > VERSION:
        raise UserError(
            "description.newer",
            f"The network was described by a newer version of the extension, in form {version}; this one reads up to "
            f"form {VERSION}.",
            "Update the extension. The scene plays and renders as it is.",
        )
    for step in _STEPS[version - 1 :]:
        data = step(data)
    return data


def _state_every_entry(data: dict[str, Any]) -> dict[str, Any]:
    """From 1, which grew over time and left out what was not known, to 2, where every entry is there."""
    count = len(data["samples"])
    everything = {"neurons": 1 << 62, "layer_neurons": 1 << 62}
    defaults: dict[str, Any] = {
        "composites": [],
        "budget": everything,  # The first scenes draw every neuron.
        "source": {},
        "notes": [],
        "versions": {},
        "evaluated": count,
        "labelled": count,
        "skipped": [],
        "statistic": "mean",
        "layer_statistics": {},
        "class_means": None,
        "blocks": None,
        "influence": {},
        "intervention": None,
        "comparison": None,
    }
    changed = data.get("intervention")
    return {
        **defaults,
        **data,
        "samples": [{"certainty": None, **sample} for sample in data["samples"]],
        "atlases": [{"channels": 1, "reduction": 1, "planes": 1, **atlas} for atlas in data["atlases"]],
        "normalisation": {**_FIRST_NORMALISATION, **data.get("normalisation", {})},
        "intervention": {"notes": [], "reached": [], **changed} if changed else None,
    }


_FIRST_NORMALISATION: dict[str, Any] = {"rule": "layer", "scale": "linear", "dark": 0.0, "bright": 1.0, "ranges": {}}


def _state_places(data: dict[str, Any]) -> dict[str, Any]:
    """From 2, where every network stands in a row that follows from its structure, to 3, which says where it stands."""
    budget = Budget(data["budget"]["neurons"], data["budget"]["layer_neurons"])
    return {**data, "places": lay_out_within(Network.from_dict(data["network"]), budget).to_dict()}


def _state_kinds(data: dict[str, Any]) -> dict[str, Any]:
    """From 3 to 4, which says of what kind the network's inputs and outputs are."""
    network = Network.from_dict(data["network"])
    return {
        **data,
        "inputs": [plain(one) for one in decide_inputs(network)],
        "outputs": [plain(one) for one in decide_outputs(network)],
    }


def _state_every_input(data: dict[str, Any]) -> dict[str, Any]:
    """From 4, where samples enter by the first input and the first output is the answer, to 5, which says it of all.

    It also says how the values of outputs are read, and calls values what was a value.
    """
    samples = [
        {
            **sample,
            "values": [{"file": sample["file"], "index": sample["index"], "member": ""}],
            "truths": [],
            "outputs": [],
        }
        for sample in data["samples"]
    ]
    inputs = [
        {**one, "preprocessing": None if k else data["preprocessing"], "guess": None}
        for k, one in enumerate(data["inputs"])
    ]
    first_input, first_output = ([*(one["name"] for one in data[name]), ""][0] for name in ("inputs", "outputs"))
    atlases = [
        {"input": "" if atlas["layer"] else first_input, "output": "", **atlas}
        for atlas in (*data["atlases"], *data["composites"])
    ]
    count = len(data["atlases"])
    return {
        **data,
        "inputs": inputs,
        "outputs": [_with_reading(Network.from_dict(data["network"]), one) for one in data["outputs"]],
        "answer": first_output,
        "metrics": [],
        "samples": samples,
        "atlases": atlases[:count],
        "composites": atlases[count:],
    }


def _with_reading(network: Network, output: dict[str, Any]) -> dict[str, Any]:
    """The kind stays what was decided, with the reason that is given today."""
    kind = {"value": "values"}.get(output["kind"], output["kind"])
    found = next(one for one in decide_outputs(network) if one.name == output["name"])
    if found.kind != kind:
        found = output_as(network, output["name"], kind, output["reason"])
    return {**output, **plain(found)}


def _state_opening(data: dict[str, Any]) -> dict[str, Any]:
    """From 5, where every network is one row, to 6, which says which blocks are open."""
    return {**data, "opening": None}


def _state_explanation(data: dict[str, Any]) -> dict[str, Any]:
    """From 6, where no explanation is shown, to 7, which says what is."""
    return {**data, "explanation": None}


_STEPS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (
    _state_every_entry,
    _state_places,
    _state_kinds,
    _state_every_input,
    _state_opening,
    _state_explanation,
)
"""The first one leads from version 1 to 2, and so on."""

VERSION = len(_STEPS) + 1
"""Of descriptions that are written now."""
