"""Real networks, from the model file to the scene and to a switched neuron, beside plain Keras."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import bpy

from devtools.environments import WORKER, python_of
from devtools.paths import CHECKOUT
from nn_blender.actions.network.import_network import Imported, ImportOptions, import_network
from nn_blender.actions.targets import find_root
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.stage.rendering import prepare_new_scene

from .cases import FORWARD_PASS, PLAIN_KERAS, Case
from .keras_processes import forward_pass, make_network, run_seconds
from .measuring import empty_scene, resident_megabytes, saved_megabytes
from .progress import say
from .rows import Measured
from .scenes import Shown, cycles_frame, raw_seconds, show_all_tiers, steps
from .toggles import toggle_milliseconds

ROUNDS = 2
"""Imports and runs of plain Keras take turns; other programs on the machine can only make one slower."""

DIGITS = CHECKOUT / "sample_scenes" / "digits"


def measure(case: Case) -> Iterator[Measured]:
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        model, images = _files(case, Path(folder))
        try:
            yield from _scene(model, images)
            first = min(images.iterdir())
            imported = yield from _import(model, first)
            yield from _toggles(imported, model, first)
        finally:
            workers.close_all()


def _files(case: Case, folder: Path) -> tuple[Path, Path]:
    """The model file and a folder of images."""
    if case.name == "digits":
        return DIGITS / "digits.keras", DIGITS / "images"
    say("making the network")
    make_network(case.name, folder, case.samples)
    return folder / "model.keras", folder / "images"


def _scene(model: Path, images: Path) -> Iterator[Measured]:
    """The scene of an import as the command line does it, with feature maps, of all images."""
    say("importing with feature maps")
    empty_scene()
    memory = resident_megabytes()
    imported, seconds = timed_import(ImportOptions(file=model, samples=(images,)))
    workers.close_all()
    yield Measured("import_maps_s", seconds)
    scene = bpy.context.scene
    root = find_root(scene, imported.network_id)
    show_all_tiers(root)
    memory = resident_megabytes() - memory
    recording, network = imported.contents.recording, imported.contents.network
    assert recording is not None, "images were run"
    raw = raw_seconds(network, recording.activations)
    yield Measured("build_s", imported.timings["build"], {"foreach_set of the values": raw})
    yield Measured("memory_mb", memory)
    yield Measured("blend_mb", saved_megabytes())
    yield from cycles_frame()
    yield from steps(Shown(scene, root, network, recording.activations))


def _import(model: Path, image: Path) -> Generator[Measured, None, Imported]:
    """Every layer with one number per neuron, of one image; both sides start a Python and load Keras in it.

    Returns the last import, whose worker is warm.
    """
    ours, theirs = [], []
    for _ in range(ROUNDS):
        workers.close_all()
        say("running plain Keras")
        theirs.append(run_seconds(model, image))
        say("importing")
        imported, seconds = timed_import(ImportOptions(file=model, samples=(image,), map_pixels=0))
        ours.append(seconds)
    yield Measured("import_s", min(ours), {PLAIN_KERAS: min(theirs)})
    return imported


def _toggles(imported: Imported, model: Path, image: Path) -> Iterator[Measured]:
    say("switching neurons")
    root, python = find_root(bpy.context.scene, imported.network_id), python_of(WORKER)
    with forward_pass(model, image) as bare:
        for metric, ours, theirs in toggle_milliseconds(python, root, imported.contents.network, bare):
            yield Measured(metric, ours, {FORWARD_PASS: theirs})


def import_closed(network: str, samples: int) -> tuple[bpy.types.Collection, Imported]:
    """A network that Keras knows in a new scene, with so many images and all of its blocks closed."""
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        say("making the network")
        make_network(network, Path(folder), samples)
        say("importing")
        options = ImportOptions(file=Path(folder) / "model.keras", samples=(Path(folder) / "images",), open="none")
        imported, _seconds = timed_import(options)
        workers.close_all()
    return find_root(bpy.context.scene, imported.network_id), imported


def timed_import(options: ImportOptions) -> tuple[Imported, float]:
    """Import into a new scene, and the seconds from the file to the complete scene."""
    prepare_new_scene(empty_scene())
    start = time.perf_counter()
    imported = Job(import_network(python_of(WORKER), options), "Import").wait()
    return imported, time.perf_counter() - start
