"""A network of 800 layers with 1,000 measured samples: its list of layers is drawn in a few milliseconds."""

import subprocess
import tempfile
import time
from pathlib import Path

import bpy
from extension import package, panels, root

LAYERS, SAMPLES, SHOWN = 800, 1000, 256
MILLISECONDS = 5.0
QUICK = {"NN_PT_main", "NN_PT_layers", "the list of layers"}
"""What is held to that; the log tells what the others take."""
MAKE = """
import sys
import keras, numpy as np
folder, layers, samples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
model = keras.Sequential([keras.Input((8,))])
for number in range(layers):
    model.add(keras.layers.Dense(6, activation="relu" if number % 2 else "tanh", name=f"layer_{number}"))
model.save(folder + "/deep.keras")
np.save(folder + "/rows.npy", np.random.default_rng(0).normal(size=(samples, 8)).astype("float32"))
"""


def scenario(gui):
    gui.start()
    gui.open_panels()
    yield from gui.open_sidebar("NN")
    folder = Path(tempfile.mkdtemp())
    python = package("actions.settings").worker_python()
    subprocess.run([str(python), "-c", MAKE, str(folder), str(LAYERS), str(SAMPLES)], check=True, capture_output=True)
    bpy.ops.nn.import_network(
        "EXEC_DEFAULT",
        filepath=str(folder / "deep.keras"),
        samples=str(folder / "rows.npy"),
        max_samples=SAMPLES,
        shown=SHOWN,
        open="none",
        prepare_viewport=False,
    )
    yield from gui.finish("the import", 600)
    took, drawn = watch(), set()
    choices = {
        "NETWORK": lambda: bpy.ops.nn.choose_network("EXEC_DEFAULT", network=root().name),
        "LAYER": lambda: bpy.ops.nn.choose_layer("EXEC_DEFAULT", layer="layer_400"),
        "NEURON": lambda: bpy.ops.nn.choose_neuron("EXEC_DEFAULT", layer="layer_401", neuron=2),
        "SAMPLE": lambda: bpy.ops.nn.go_to_sample("EXEC_DEFAULT", sample=3, inspect=True),
    }
    for kind, choose in choices.items():
        choose()
        for room in ("NETWORK", "SAMPLES", "EXPERIMENT", "LOOK"):
            yield from gui.enter_room(room)
            took.clear()
            for _ in range(5):
                gui.view3d()[1].tag_redraw()
                yield 0.3
            told = {name: min(times) for name, times in took.items()}
            drawn |= told.keys()
            print(kind, room, {name: round(one, 2) for name, one in told.items()}, flush=True)
            for name in QUICK & told.keys():
                gui.check(
                    told[name] < MILLISECONDS, f"{name} takes {told[name]:.1f} ms in the room {room}, with a {kind}"
                )
        gui.screenshot(kind.lower())
    gui.check(drawn >= QUICK, f"all of these panels were drawn in some room: {sorted(QUICK - drawn)} were not")


def watch():
    """Let every panel tell how many milliseconds of the processor each drawing of it takes."""
    took = {}

    def timed(cls, draw):
        def wrapped(self, context):
            begin = time.thread_time()
            draw(self, context)
            took.setdefault(cls.__name__, []).append((time.thread_time() - begin) * 1000)

        return wrapped

    main = package("ui.network.main_panel").NN_PT_main
    for cls in (main, *panels().values()):
        cls.draw = timed(cls, cls.draw)
    items = package("ui.layers.layer_list").NN_UL_layers
    filtering = items.filter_items

    def filter_items(self, context, data, prop):
        begin = time.thread_time()
        found = filtering(self, context, data, prop)
        took.setdefault("the list of layers", []).append((time.thread_time() - begin) * 1000)
        return found

    items.filter_items = filter_items
    return took
