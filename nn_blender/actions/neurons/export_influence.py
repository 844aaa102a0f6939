"""Write influence to a table that other programs read."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...core.errors import UserError
from ...core.recording import class_name
from ...scene.network.description import read_description
from ...scene.neurons.influence import ESTIMATE, EXACT, Losses, read_estimate, read_influence, read_losses

COLUMNS = ("layer", "neuron", "influence", "kind", "accuracy_loss", "class", "class_change", "estimate")


def export_influence(root: bpy.types.Collection, file: Path) -> int:
    """Write one row per neuron of all layers of which something is known; gives the number of rows.

    Numbers are as exact as the scene has them. What was not measured is empty; what was and is no number is ``nan``.

    Raises:
        UserError: code ``export.nothing`` or ``export.unwritable``.
    """
    rows = list(influence_rows(root))
    if not rows:
        raise UserError("export.nothing", "No influence has been measured.", "Estimate it or sweep a layer first.")
    try:
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror or error}."
        raise UserError("export.unwritable", message, "Choose another file.") from error
    return len(rows)


def influence_rows(root: bpy.types.Collection) -> Iterator[dict[str, Any]]:
    """The table's rows, in the order of layers and neurons."""
    about = read_description(root)
    if about is None:
        return
    for layer in about.network.layers:
        influence = read_influence(root, layer.path)
        if influence is None:
            continue
        estimate = read_estimate(root, layer.path)
        losses = read_losses(root, layer.path) or Losses.none(len(influence))
        is_estimate = layer.path in about.influence and about.influence[layer.path].kind == ESTIMATE
        for neuron, is_swept in enumerate(losses.is_swept):
            row: dict[str, Any] = {"layer": layer.path, "neuron": neuron}
            if is_swept or is_estimate:
                row |= {"influence": _number(influence[neuron]), "kind": EXACT if is_swept else ESTIMATE}
            if is_swept:
                row |= {
                    "accuracy_loss": "" if math.isnan(losses.accuracy[neuron]) else _number(losses.accuracy[neuron]),
                    # Where nothing changes, no class does most.
                    "class": class_name(about.classes, int(losses.most[neuron])) if losses.change[neuron] else "",
                    "class_change": _number(losses.change[neuron]),
                }
            if estimate is not None:
                row["estimate"] = _number(estimate[neuron])
            yield row


def _number(value: np.floating) -> str:
    """Nine digits tell all numbers of 32 bits apart; 0 has no sign."""
    return f"{float(value) + 0.0:.9g}"
