"""A user asks a neuron and a layer: numbers, pictures, weights, and clicks that lead on."""

import importlib

import addon_utils
import bpy

EXTENSION = "bl_ext.user_default.nn_blender"


def package(name):
    return importlib.import_module(f"{EXTENSION}.nn_blender.{name}")


def jobs():
    return package("ui.jobs").jobs


def root():
    return next(child for child in bpy.context.scene.collection.children if "nn_network" in child)


def open_all_panels():
    """As if the user had clicked their headers: whether a panel is open can only be set before it is registered."""
    modules = package("ui").MODULES
    classes = [cls for module in modules for cls in module.CLASSES if issubclass(cls, bpy.types.Panel)]
    addon_utils.disable(EXTENSION)
    for cls in classes:
        cls.bl_options = set()
    addon_utils.enable(EXTENSION, default_set=True)


def show_only(gui, *names):
    """Leave only some panels in the sidebar, so that each fits on the screen."""
    package("ui.sidebar").Child.poll = classmethod(lambda cls, context: cls.__name__ in names)
    # It takes some redraws until the panels have moved to their new places.
    for _ in range(4):
        gui.view3d()[1].tag_redraw()
        yield 0.25


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


def shown():
    return (bpy.context.scene.frame_current - 1) // 24


def scenario(gui):
    bpy.ops.extensions.package_install_files(
        filepath=str(gui.extension_zip), repo="user_default", enable_on_install=True
    )
    bpy.context.preferences.addons[EXTENSION].preferences.python = str(gui.worker_python)
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    open_all_panels()
    yield from gui.open_sidebar("NN")
    folder = gui.checkout / "sample_scenes" / "digits"
    bpy.ops.nn.import_network(
        "EXEC_DEFAULT", filepath=str(folder / "digits.keras"), max_samples=100, shown=40, prepare_viewport=False
    )
    yield from gui.wait_until(lambda: jobs().running is None, "the import", 90)
    gui.check(jobs().error is None, f"the import works: {jobs().error}")
    yield from a_neuron(gui)
    yield from its_maps(gui)
    yield from its_weights(gui)
    yield from its_layer(gui)


def a_neuron(gui):
    choose("conv_2", 5)
    yield from show_only(gui, "NN_PT_neuron")
    gui.screenshot("neuron")
    yield from show_only(gui, "NN_PT_neuron", "NN_PT_neuron_statistics")
    gui.screenshot("statistics")
    yield from show_only(gui, "NN_PT_neuron", "NN_PT_neuron_samples")
    gui.screenshot("samples")


def its_maps(gui):
    yield from show_only(gui, "NN_PT_neuron", "NN_PT_neuron_maps")
    store = package("ui.thumbnails").thumbnails
    yield from gui.wait_until(lambda: store._shown.get(f"gallery 0 {root()['nn_network']}"), "the gallery", 20)
    yield 0.5
    gui.screenshot("maps")
    before = shown()
    yield from gui.press("nn.go_to_sample(sample=1", columns=[0.5])
    gui.check(shown() == 1, f"a click in the gallery goes to that test image: {shown()}")
    yield 0.5
    gui.screenshot("gone_to")
    yield from gui.key("ctrl+z")
    yield 0.5
    gui.check(shown() == before, f"ctrl+z comes back: {shown()}")
    root().nn.neuron_maps.page = 3
    root().nn.maps.colours = "viridis"
    yield from show_only(gui, "NN_PT_neuron", "NN_PT_neuron_maps")
    yield from scroll_down(gui)
    gui.screenshot("page_3")
    yield from scroll_up(gui)
    root().nn.maps.colours = "activation"


def weights_of(layer):
    """What the panel knows of the chosen neuron, which is one of the layer."""
    key = package("ui.neuron_operators").chosen_neuron(root(), layer)
    return package("ui.weights").weight_reader.known(key)


def its_weights(gui):
    choose("digit", 7)
    yield from show_only(gui, "NN_PT_neuron", "NN_PT_neuron_weights")
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
    yield from show_only(gui, "NN_PT_neuron", "NN_PT_neuron_weights")
    yield from gui.wait_until(lambda: weights_of("conv_2"), "a convolution's weights", 30)
    yield 0.5
    gui.screenshot("weights_of_convolution")


def its_layer(gui):
    store = package("ui.histograms").layer_store
    yield from show_only(gui, "NN_PT_layers", "NN_PT_layer")
    yield 0.5
    gui.screenshot("layer")
    for layer in ("conv_2", "digit"):
        choose(layer, 0)
        yield from show_only(gui, "NN_PT_layers", "NN_PT_layer", "NN_PT_layer_histogram")
        yield from gui.wait_until(lambda layer=layer: store.find(root(), layer), "the histogram", 20)
        yield 0.5
        yield from scroll_down(gui)
        gui.screenshot(f"histogram_{layer}")
        yield from scroll_up(gui)
    gui.check(jobs().error is None, f"without an error: {jobs().error}")
