"""Somebody asks what answers depend on: maps of classes and of a neuron, how they look, undo, and a file kept."""

import tempfile
from pathlib import Path

import bpy
from extension import package, root, roots
from user import User, description, find, texts

EXPLAIN = 180
"""Pixels from the button Run Now down to the header of Explain, while all panels are as after an import."""


def explanation():
    return description().explanation


def holder():
    return package("ui.explanations.explain_settings").holder_of(root())


def state():
    """All about explanations that a step of the user changes."""
    about, chosen = description(), root().nn.explain
    shown = about.explanation
    return {
        "explained": (shown.method, [one.target for one in shown.targets], shown.samples) if shown else None,
        "opacity": holder()["nn_opacity"] if holder() else None,
        "threshold": holder()["nn_threshold"] if holder() else None,
        "chosen": (chosen.method, chosen.target, chosen.class_name, chosen.beside),
        "off": about.intervention.intervention.key if about.intervention else "",
        "neuron": root().nn.neurons.neuron,
        "frame": bpy.context.scene.frame_current,
        "marks": package("scene.neurons.reason_marks").are_reasons_marked(root()),
    }


class Steps:
    """What the scene was like after each action, to be taken back."""

    def __init__(self, gui, user):
        self.gui, self.user = gui, user
        self.states = [("", state())]

    def did(self, what):
        now = state()
        self.gui.check(now != self.states[-1][1], f"{what}: something is another one")
        self.states.append((what, now))

    def take_back(self):
        """One Ctrl Z per action."""
        while len(self.states) > 1:
            what, _ = self.states.pop()
            self.gui.move(*self.user.aside())
            yield 0.3
            yield from self.user.key("ctrl+z")
            yield 0.5
            yield from self.gui.finish("what follows")
            now, before = state(), self.states[-1][1]
            wrong = {name: (now[name], before[name]) for name in now if now[name] != before[name]}
            self.gui.check(not wrong, f"one Ctrl Z takes back: {what} {wrong}")


def scenario(gui):
    gui.start()
    user = User(gui)
    yield from user.open_sidebar()
    yield from gui.import_digits(max_samples=24, shown=24)
    steps = Steps(gui, user)
    yield from the_first_map(gui, user, steps)
    yield from looks(gui, user, steps)
    yield from a_class(gui, user, steps)
    yield from a_neuron(gui, user, steps)
    yield from steps.take_back()
    yield from other_samples(gui, user)
    yield from kept(gui, user)
    yield from in_a_light_theme(gui, "NN_PT_explain")


def the_first_map(gui, user, steps):
    user.begin()
    yield from user.enter("EXPERIMENT")
    yield from user.press("nn.rerun()", [0.5], (0, -EXPLAIN))
    yield from gui.redrawn()
    gui.screenshot("panel")
    yield from user.press("nn.explain()", [0.5])
    yield from gui.finish("the explanation")
    user.took(3, "from an imported network to its first maps")
    steps.did("Explain")
    gui.check(len(explanation().samples) == 24, "of all samples")
    user.show_solid()
    gui.screenshot("first")
    yield from gui.show_only("NN_PT_explain")
    gui.screenshot("first_panel")
    said = texts("NN_PT_explain")
    gui.check(f"Grad-CAM of {explanation().layer} (derived)" in said, f"the panel says what is shown: {said}")


def other_samples(gui, user):
    yield from user.press("nn.explain()", [0.5])
    yield from gui.finish("the explanation")
    window, _ = gui.view3d()
    area = next(area for area in window.screen.areas if area.type == "DOPESHEET_EDITOR")
    region = next(region for region in area.regions if region.type == "WINDOW")
    for number in (3, 7):
        x, _ = region.view2d.view_to_region(number * 24 + 6, 0, clip=False)
        yield from user.click(region.x + x, region.y + region.height - 8)
        yield 1.0
        said = " ".join(texts("NN_PT_explain"))
        answer = description().samples[number].answer.best
        gui.check(answer in said, f"at sample {number} the panel shows the class {answer}: {said}")
    gui.screenshot("other_sample")


def looks(gui, user, steps):
    for name, value in (("nn_opacity", 0.6), ("nn_threshold", 0.25)):
        x, y = yield from gui.find_button(name, [0.75])
        yield from user.click(x, y, hold="ctrl")
        yield from gui.type_text(str(value))
        yield from user.key("Return")
        yield 0.5
        steps.did(f"type {name}")
        gui.check(abs(holder()[name] - value) < 1e-6, f"{name} is what was typed: {holder()[name]}")
    gui.screenshot("looks")


def a_class(gui, user, steps):
    yield from choose_below(gui, "nn.explain.target")
    steps.did("choose Class")
    gui.screenshot("no_class")
    for field, text in (("class_name", "3"), ("beside", "8")):
        yield from user.press(f"nn.explain.{field}", [0.75])
        yield 0.3
        yield from gui.type_text(text)
        gui.screenshot(f"typing_{field}")
        yield from user.key("Return")
        yield 0.7
        # What is typed into a field with suggestions is a step of its own in Blender 4 only.
        if bpy.app.version < (5, 0):
            steps.did(f"type {field}")
    yield from user.press("nn.explain()", [0.5])
    yield from gui.finish("the explanation")
    steps.did("Explain classes")
    gui.check([one.target.index for one in explanation().targets] == [3, 8], f"both are: {explanation().targets}")
    gui.screenshot("class")


def choose_below(gui, name):
    """Turn the wheel over a choice, with Ctrl held, to the one below."""
    yield from gui.find_button(name, [0.75])
    gui._xdotool("keydown", "ctrl")
    yield from gui.scroll(1)
    gui._xdotool("keyup", "ctrl")
    yield from gui.redrawn()


def a_neuron(gui, user, steps):
    yield from user.take_tool()
    yield from user.click_neuron("conv_1", 5, button=3)
    yield 1.0
    steps.did("choose a neuron")
    gui.screenshot("menu")
    yield from user.key("e")
    yield 0.5
    yield from gui.finish("the explanation")
    steps.did("Explain This Neuron")
    target = explanation().targets[0].target
    gui.check((target.layer, target.index) == ("conv_1", 5), f"the neuron is explained: {target}")
    gui.screenshot("neuron")


def kept(gui, user):
    yield from gui.show_only("NN_PT_explain")
    yield from user.press("nn.explain(only_shown", [0.5])
    yield from gui.finish("the explanation")
    file = Path(tempfile.mkdtemp()) / "explained.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    package("engine.registry").workers.close_all()
    bpy.context.preferences.addons["bl_ext.user_default.nn_blender"].preferences.python = "/nowhere/python"
    bpy.ops.wm.open_mainfile(filepath=str(file))
    yield 2.0
    gui.check(len(list(find("explanation overlay"))) == 1, "the map is kept in the file")
    yield from gui.redrawn()
    gui.screenshot("reopened")
    yield from user.press("nn.remove_explanation", [0.5])
    yield 0.5
    gui.check(explanation() is None and not list(find("explanation overlay")), "removed")
    gui.move(*user.aside())
    yield 0.3
    yield from user.key("ctrl+z")
    yield 0.5
    gui.check(explanation() is not None and roots() and list(find("explanation overlay")), "and back by one Ctrl Z")


def in_a_light_theme(gui, panel):
    theme = next(Path(path) / "Blender_Light.xml" for path in bpy.utils.preset_paths("interface_theme"))
    bpy.ops.script.execute_preset(filepath=str(theme), menu_idname="USERPREF_MT_interface_theme_presets")
    yield from gui.show_only(panel)
    gui.screenshot("light")
