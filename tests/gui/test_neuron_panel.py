"""A user asks a neuron and a layer: numbers, pictures, weights, and clicks that lead on."""

import bpy
from extension import jobs, package, root


def scroll_down(gui, clicks=40):
    """The sidebar is longer than the screen."""
    region = gui.sidebar()
    gui.move(region.x + region.width / 2, region.y + region.height / 2)
    yield 0.2
    yield from gui.scroll(clicks)
    yield 0.5


def scroll_up(gui):
    yield from scroll_down(gui, -80)


def choose(layer, neuron):
    bpy.ops.nn.choose_neuron("EXEC_DEFAULT", True, layer=layer, neuron=neuron)


def title():
    panel = package("ui.inspector.inspector_panel")
    return panel.PARTS[panel.inspected(bpy.context, root())].title(bpy.context, root())


def shown():
    return (bpy.context.scene.frame_current - 1) // 24


def scenario(gui):
    gui.start()
    gui.open_panels()
    yield from gui.open_sidebar("NN")
    yield from gui.import_digits(max_samples=100, shown=40, prepare_viewport=False)
    yield from a_neuron(gui)
    yield from its_maps(gui)
    yield from its_weights(gui)
    yield from its_layer(gui)


def a_neuron(gui):
    choose("conv_2", 5)
    yield from gui.show_only("NN_PT_inspector")
    for section in ("neuron_classes", "neuron_samples"):
        yield from gui.open_sections(section)
        gui.screenshot(section)


def its_maps(gui):
    yield from gui.open_sections("neuron_maps")
    store = package("ui.maps.thumbnails").thumbnails
    yield from gui.wait_until(lambda: store._shown.get(f"gallery 0 {root()['nn_network']}"), "the gallery", 20)
    yield 0.5
    gui.screenshot("maps")
    yield from scroll_down(gui)
    yield from gui.press("nn.go_to_sample(sample=1", columns=[0.5])
    yield from scroll_up(gui)
    gui.check(shown() == 1, f"a click in the gallery goes to that sample: {shown()}")
    yield 0.5
    gui.screenshot("gone_to")
    gui.check(title() == "Neuron 5 · conv_2", f"the inspector goes on showing the neuron: {title()}")
    root().nn.neuron_maps.page = 3
    root().nn.maps.colours = "viridis"
    yield from gui.redrawn()
    yield from scroll_down(gui)
    gui.screenshot("page_3")
    yield from scroll_up(gui)
    root().nn.maps.colours = "activation"


def weights_of(layer):
    """What the panel knows of the chosen neuron, which is one of the layer."""
    key = package("ui.neurons.neuron_operators").chosen_neuron(root(), layer)
    return package("ui.neurons.weight_reader").weight_reader.remembered(key)


def its_weights(gui):
    choose("digit", 7)
    yield from gui.open_sections("neuron_weights")
    yield from gui.wait_until(lambda: weights_of("digit"), "the weights, without a click", 30)
    yield 0.5
    gui.screenshot("weights")
    strongest = weights_of("digit").incoming[0]
    yield from gui.press(f'nn.choose_neuron(layer="{strongest.layer}", neuron={strongest.neuron}', columns=[0.3])
    gui.check(root().nn.neurons.neuron == strongest.neuron, "a click leads to the neuron at the other end")
    yield from gui.wait_until(lambda: weights_of(strongest.layer), "its weights", 30)
    yield 0.5
    gui.screenshot("weights_of_next")
    choose("conv_2", 5)
    yield from gui.open_sections("neuron_weights")
    yield from gui.wait_until(lambda: weights_of("conv_2"), "a convolution's weights", 30)
    yield 0.5
    gui.screenshot("weights_of_convolution")


def its_layer(gui):
    store = package("ui.layers.histogram_store").layer_store
    bpy.ops.nn.choose_layer("EXEC_DEFAULT", layer="conv_2")
    yield from gui.open_sections("layer_statistics")
    yield 0.5
    gui.screenshot("layer")
    for layer in ("conv_2", "digit"):
        bpy.ops.nn.choose_layer("EXEC_DEFAULT", layer=layer)
        yield from gui.open_sections("layer_histogram")
        yield from gui.wait_until(lambda layer=layer: store.find(root(), layer), "the histogram", 20)
        yield 0.5
        yield from scroll_down(gui)
        gui.screenshot(f"histogram_{layer}")
        yield from scroll_up(gui)
    gui.check(jobs().error is None, f"without an error: {jobs().error}")
