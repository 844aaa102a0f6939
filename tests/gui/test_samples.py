"""A user browses samples, looks at settings, measures again, and switches a neuron off."""

import json

import bpy
from extension import jobs, package, panels, root

SAMPLES = 12


def scenario(gui):
    gui.start()
    gui.open_panels()
    yield from gui.open_sidebar("NN")
    yield from gui.import_digits(max_samples=40, shown=SAMPLES, prepare_viewport=False)
    yield from browsing(gui)
    yield from what_the_network_sees(gui)
    yield from the_other_panels(gui)
    yield from a_neuron_switched_off(gui)


def shown():
    return (bpy.context.scene.frame_current - 1) // 24


def browsing(gui):
    yield from gui.show_only("NN_PT_samples")
    x, y = yield from gui.find_button("sample_row", columns=[0.45])
    yield from gui.click(x, y - 60)
    first = shown()
    gui.check(first > 0, f"a click in the list goes to that sample: {first}")
    yield 0.5
    gui.screenshot("browsing")
    area = gui.view3d()[1]
    gui.move(area.x + area.width / 3, area.y + area.height / 2)
    yield 0.3
    yield from gui.key("alt+Next")
    gui.check(shown() == first + 1, f"Alt Page Down goes to the next one: {shown()}")
    yield from gui.key("alt+Prior", "alt+Prior")
    gui.check(shown() == first - 1, f"Alt Page Up goes back: {shown()}")
    gui.as_button(bpy.ops.nn.show_part, part="title")
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(shown() == first - 1, f"the sample that was gone to outlives undo: {shown()}")
    root().nn.samples.order = "uncertain"
    root().nn.samples.text = "digit-00"
    yield from gui.show_only("NN_PT_samples")
    gui.screenshot("filtered")
    about = json.loads(root()["nn_text"].as_string())
    chosen = package("ui.samples.sample_panel").chosen_samples(root())
    certainties = [about["samples"][index]["certainty"] for index in chosen]
    gui.check(len(chosen) == 10 and certainties == sorted(certainties), "the filter leaves ten, least certain first")
    root().nn.samples.text = ""


def what_the_network_sees(gui):
    yield from gui.show_only("NN_PT_input")
    sidebar = gui.sidebar()
    gui.move(sidebar.x + sidebar.width / 2, sidebar.y + sidebar.height / 2)
    yield 0.3
    yield from gui.scroll(40)
    yield from gui.press("input.invert", columns=[0.5])
    previewer = package("ui.samples.input_preview").previewer
    yield from gui.wait_until(lambda: previewer._results, "the preview", 20)
    cell = package("ui.maps.thumbnails").thumbnails.cell(root(), shown())
    (preview,) = previewer._results.values()
    seen = preview.pixels
    gui.check(abs(seen[..., :3] + cell[..., :3] - 1).max() < 1e-6, "the preview is the picture inverted")
    yield 0.5
    gui.screenshot("edited")
    before = bpy.context.scene.frame_current
    # The panel is higher than the screen.
    yield from gui.scroll(10)
    yield from gui.press("nn.measure_again", columns=[0.5])
    yield from gui.wait_until(lambda: jobs().running is None, "measuring again", 60)
    gui.check(jobs().error is None, f"measuring again works: {jobs().error}")
    gui.check(inverted(), "the scene shows the new settings")
    gui.check(bpy.context.scene.frame_current == before, "at the same frame")
    yield 1.0
    gui.screenshot("measured_again")
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(not inverted() and root().nn.input.invert, "ctrl+z takes the measurement back, and only that")
    yield 0.5
    gui.screenshot("undone")
    gui.check(bpy.ops.nn.measure_again.poll(), "so that it can be measured again")
    yield from gui.key("ctrl+shift+z")
    yield 0.5
    gui.check(inverted(), "ctrl+shift+z brings it back")


def inverted():
    return json.loads(root()["nn_text"].as_string())["preprocessing"]["invert"]


def the_other_panels(gui):
    for name in panels().keys() - {"NN_PT_samples", "NN_PT_input"}:
        yield from gui.show_only(name)
        gui.screenshot(name.removeprefix("NN_PT_"))
    root().nn.input.preset = "caffe"
    root().nn.input.preset = "CUSTOM"
    yield from gui.show_only("NN_PT_input")
    gui.screenshot("custom")


def a_neuron_switched_off(gui):
    objects, meshes = package("scene.base.find").objects, package("scene.base.meshes")

    def values(layer):
        return meshes.read_samples(next(objects(root(), "neurons", layer)).data, "activation")

    slabs = next(child for child in root().children if child["nn_role"] == "layers").objects
    bpy.context.scene.nn.layer = [slab["nn_layer"] for slab in slabs].index("dense_1")
    before = values("digit")
    neuron = int(values("dense_1")[shown()].argmax())
    root().nn.neurons.neuron = neuron
    bpy.ops.ed.undo_push(message="Choose Neuron")
    bpy.context.scene.nn.chosen = "NEURON"
    yield from gui.show_only("NN_PT_inspector")
    yield from gui.press("nn.switch_neuron(gain=0", columns=[0.3])
    yield from gui.wait_until(lambda: not values("dense_1")[:, neuron].any(), "the network without the neuron", 30)
    yield from gui.wait_until(lambda: jobs().running is None, "the end of the rerun", 30)
    changed = values("digit")
    gui.check(abs(changed - before).max() > 1e-3, "what follows has changed")
    yield 1.0
    gui.screenshot("switched_off")
    yield from gui.key("ctrl+z")
    yield from gui.wait_until(lambda: not abs(values("digit") - before).any(), "the intact network after ctrl+z", 10)
    yield from gui.key("ctrl+shift+z")
    yield from gui.wait_until(lambda: abs(values("digit") - changed).max() < 1e-6, "the change after redo", 20)
    gui.check(jobs().error is None, f"without an error: {jobs().error}")
