"""What a scene says about its networks, read from the raw data alone, and whether the panels say the same.

Used by scenarios and by tests without a window: `package` gives a module of the extension by its name.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
import tempfile

import bpy
import numpy as np

SWITCHES = {"enabled": bool, "gain": np.float32, "replace": bool}
MEASURED = ("activation", "intact")
STEP = re.compile(r"^\[(.)...\]\s+(\d+) .*name='(.*)'", re.MULTILINE)
TOLERANCE = 1e-5
"""Of the layer's largest absolute value."""


def undo_steps() -> tuple[list[str], int]:
    """The names of all undo steps, and the number of the one that the scene is at."""
    # Blender prints them from C, past Python's sys.stdout.
    flush = ctypes.CDLL(None).fflush
    sys.stdout.flush()
    flush(None)
    terminal = os.dup(1)
    with tempfile.TemporaryFile("w+") as printed:
        os.dup2(printed.fileno(), 1)
        try:
            bpy.context.window_manager.print_undo_steps()
            flush(None)
        finally:
            os.dup2(terminal, 1)
            os.close(terminal)
        printed.seek(0)
        steps = STEP.findall(printed.read())
    return [name for _, _, name in steps], next(int(number) for mark, number, _ in steps if mark == "*")


def facts(root):
    """Everything about a network that a user can change or see, as plain data."""
    layers = {obj["nn_layer"]: _layer(obj.data) for obj in _parts(root, "neurons")}
    texts = root.get("nn_text")
    return {
        "name": root.name,
        "recorded": root.get("nn_recorded", ""),
        "compares": root.get("nn_compare", 0),
        "neuron": root.nn.neurons.neuron,
        "kept": root.get("nn_interventions", ""),
        "text": hash(texts.as_string()) if texts else None,
        "images": {_place(image): _pixels(image) for image in _blocks(root, bpy.data.images)},
        "materials": {material.name: _textures(material) for material in _blocks(root, bpy.data.materials)},
        "layers": layers,
    }


def without_choices(found):
    """An answer of `facts` without what is chosen and marked: what was chosen in a list outlives undo."""
    if isinstance(found, dict):
        return {name: without_choices(value) for name, value in found.items() if name not in ("neuron", "selected")}
    return found


def differences(before, now, where="") -> list[str]:
    """Where two answers of `facts` differ; what was measured may differ by the tolerance."""
    if isinstance(before, dict) and isinstance(now, dict):
        found = [
            f"{where}/{name} is only there {'before' if name in before else 'now'}" for name in before ^ now.keys()
        ]
        return found + [
            line
            for name in before.keys() & now.keys()
            for line in differences(before[name], now[name], f"{where}/{name}")
        ]
    if isinstance(before, np.ndarray) and isinstance(now, np.ndarray):
        return [] if is_equal(before, now) else [f"{where}: {before.shape} {now.shape} differ"]
    return [] if before == now else [f"{where}: {str(before)[:100]} is now {str(now)[:100]}"]


def is_equal(one, other) -> bool:
    """Whether arrays are equal as far as float32 goes, and pixels by one level; other numbers must be the same."""
    if one.shape != other.shape:
        return False
    if one.dtype == np.uint8:
        return bool((np.abs(one.astype(int) - other) <= 1).all())
    if one.dtype != np.float32:
        return np.array_equal(one, other)
    same = np.isclose(
        one, other, rtol=0, atol=TOLERANCE * (np.abs(one[np.isfinite(one)]).max(initial=0) or 1), equal_nan=True
    )
    return bool(same.all())


def intervention(found) -> dict:
    """What the switches in an answer of `facts` say, as the worker takes it."""
    layers = {}
    for layer, values in found["layers"].items():
        factor = np.where(values["enabled"], values["gain"], 0)
        off = np.flatnonzero(factor == 0)
        held = np.flatnonzero((factor == 0) & values["replace"])
        gains = {str(neuron): float(f"{factor[neuron]:g}") for neuron in np.flatnonzero((factor != 0) & (factor != 1))}
        entry = {"off": off.tolist(), "gain": gains, "replace": held.tolist()}
        if off.size or gains:
            layers[layer] = {name: value for name, value in entry.items() if value}
    return {"layers": layers}


def reached(network, changed) -> set[str]:
    """The layers whose values depend on some layers."""
    found = set(changed)
    for layer in network["layers"]:
        if found & set(layer["inputs"]):
            found.add(layer["path"])
    return found


def request(about, changes) -> dict:
    """What a worker is asked for the values that a scene should show."""
    names = ("name", "values", "label", "truths")
    return {
        "model": {"file": about["network"]["file"], "allow_code": False, "sha256": about["network"]["sha256"]},
        "samples": [{name: sample[name] for name in names} for sample in about["samples"]],
        "inputs": about["inputs"],
        "statistic": about["statistic"],
        "intervention": changes,
        "shown": len(about["samples"]),
    }


def disagreements(package, root, expected) -> list[str]:
    """Where scene and panels differ from what the network computes.

    Args:
        expected: what `request` was answered: float32 (samples, neurons), the layers side by side.
    """
    found, about = facts(root), json.loads(root["nn_text"].as_string())
    changes = intervention(found)
    touched = reached(about["network"], changes["layers"])
    wrong, start = [], 0
    for layer in about["network"]["layers"]:
        if layer["path"] not in found["layers"]:
            continue  # An input, which has no neurons.
        values = found["layers"][layer["path"]]
        end = start + values["gain"].size
        if not is_equal(expected[:, start:end], values["activation"]):
            wrong.append(f"{layer['path']} does not show what the network computes")
        if ("intact" in values) != (layer["path"] in touched):
            wrong.append(f"{layer['path']}: intact values {'are kept' if 'intact' in values else 'are missing'}")
        start = end
    wrong += _description(about, changes, found)
    wrong += [
        f"the material {name} has lost its image" for name, images in found["materials"].items() if None in images
    ]
    if not package("actions.interventions.rerun").is_up_to_date(root):
        wrong.append("the panels say that the values are out of date")
    return wrong + _panel(package, root, found, about)


def _description(about, changes, found):
    """Intervention and predictions, which the panels read from the text."""
    said = about.get("intervention")
    wrong = []
    if (said or {"layers": {}})["layers"] != changes["layers"]:
        wrong.append(f"the description tells of {said}, the switches of {changes}")
    outputs = {"intact": found["layers"][about["network"]["outputs"][0]]}
    answers = [(about["samples"], outputs["intact"].get("intact", outputs["intact"]["activation"]))]
    if said:
        answers.append((said["samples"], outputs["intact"]["activation"]))
    for samples, values in answers:
        best = [float(sample["predictions"][0]["label"]) for sample in samples]
        scores = np.array([sample["predictions"][0]["probability"] for sample in samples], np.float32)
        # Of equal ones any may be named first.
        named = values[np.arange(len(best)), np.array(best, int)]
        if not (np.allclose(scores, values.max(axis=1), atol=1e-5) and np.allclose(named, scores, atol=1e-5)):
            wrong.append(f"the answers {best} {scores} are not those of {values.argmax(axis=1)} {values.max(axis=1)}")
    return wrong


def _panel(package, root, found, about):
    """The neuron panel's facts for the neurons with the highest numbers and the chosen one."""
    wrong = []
    shown = min(
        max((bpy.context.scene.frame_current - 1) // root["nn_frames_per_sample"], 0), len(about["samples"]) - 1
    )
    for layer, values in found["layers"].items():
        for neuron in {0, min(root.nn.neurons.neuron, values["gain"].size - 1)}:
            said = package("scene.neurons.neuron_facts").neuron_facts(root, layer, neuron, shown)
            row = values["activation"][shown]
            expected = (
                row[neuron],
                1 + int((row > row[neuron]).sum()),
                values["gain"][neuron] * values["enabled"][neuron],
            )
            if (said.activation, said.rank, said.factor) != expected:
                wrong.append(f"the panel says {said} of {layer} {neuron}, not {expected}")
            intact = values["intact"][shown, neuron] if "intact" in values else None
            if said.intact != intact:
                wrong.append(f"the panel says {said} of {layer} {neuron}, intact {intact}")
    return wrong


def _layer(mesh):
    values = {name: _read(mesh, name, kind) for name, kind in SWITCHES.items()}
    for name in MEASURED:
        samples = [row for row, _ in mesh.attributes.items() if re.fullmatch(rf"{name}\.\d+", row)]
        if samples:
            ordered = sorted(samples, key=lambda row: int(row.rpartition(".")[2]))
            values[name] = np.array([_read(mesh, row, np.float32) for row in ordered])
    optional = {"selected": bool, "slot": np.int32, "influence": np.float32, "influence_estimate": np.float32}
    return values | {name: _read(mesh, name, kind) for name, kind in optional.items() if name in mesh.attributes}


def _read(mesh, name, kind):
    values = np.empty(len(mesh.vertices), kind)
    mesh.attributes[name].data.foreach_get("value", values)
    return values


def _parts(root, role):
    return [obj for obj in tuple(root.all_objects) if obj.get("nn_role") == role]


def _blocks(root, blocks):
    return [block for block in blocks if block.get("nn_network") == root["nn_network"]]


def _place(image):
    return f"{image.get('nn_role')} {image.get('nn_layer')}" if image else None


def _pixels(image):
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return np.rint(pixels * 255).astype(np.uint8)


def _textures(material):
    return [_place(node.image) for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeTexImage"]
