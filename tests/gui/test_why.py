"""Somebody asks why a network takes a 6 with a watermark for a 3: which neurons speak for it, and what turns it."""

import bpy
from extension import package, root
from test_explain import Steps, in_a_light_theme
from user import User, description, title

FIRST = 61
"""Pixels from the upper tabs of the sidebar down to the header of the first panel."""
MARKED = "digit-000-marked.png"


def scenario(gui):
    gui.start()
    user = User(gui)
    yield from user.open_sidebar()
    yield from watermark(gui)
    yield from user.enter("EXPERIMENT")
    yield from reasons(gui, user, Steps(gui, user))
    yield from in_a_light_theme(gui, "NN_PT_why")


def watermark(gui):
    folder = gui.checkout / "sample_scenes" / "watermark"
    options = {"samples": str(folder / "images"), "labels": str(folder / "labels.csv"), "preset": "unit"}
    bpy.ops.nn.import_network("EXEC_DEFAULT", filepath=str(folder / "watermark.keras"), **options)
    yield from gui.finish("the import")
    names = [one.sample.name for one in description().samples]
    bpy.ops.nn.go_to_sample("EXEC_DEFAULT", True, sample=names.index(MARKED))


def reasons(gui, user, steps):
    yield from gui.show_only("NN_PT_why")
    yield from user.press("nn.room", [0.3], (0, -FIRST))
    yield from gui.redrawn()
    gui.screenshot("why_before")
    user.begin()
    yield from user.press("nn.find_reasons", [0.5])
    yield from gui.finish("finding reasons")
    yield from gui.redrawn()
    gui.screenshot("why")
    user.took(1, "to the reasons of an answer")
    kept = package("ui.explanations.why_operators").shown_reasons(bpy.context, root()).reasons
    gui.check(kept.target == 3, f"the answer is a three: {kept.target}")
    first = kept.speak_for[0]
    yield from user.press("nn.mark_reasons", [0.5])
    yield 0.5
    steps.did("Show in Scene")
    yield 8.0
    yield from user.picture("reasons-panel", "WINDOW", "HEADER", "UI")
    gui.screenshot("marks")
    yield from user.press(f'layer="{first.layer}", neuron={first.neuron}', [0.3])
    yield 0.7
    gui.check(title() == f"Neuron {first.neuron} · {first.layer}", f"a click shows the neuron: {title()}")
    # What is chosen in the sidebar is no step of its own.
    for _, before in steps.states:
        before["neuron"] = first.neuron
    yield 2.0
    gui.screenshot("chosen")
    user.show_solid()
    yield from user.scroll(40)
    yield from user.press("nn.switch_turn", [0.5])
    yield from gui.finish("the run without them")
    steps.did("Disable")
    number = package("scene.samples.timeline").shown_sample(bpy.context.scene, root())
    now = description().current_samples[number].answer.best
    gui.check(now != "3", f"the answer is another one: {now}")
    yield 0.5
    gui.screenshot("turned")
    yield from steps.take_back()
    yield from gui.redrawn()
    yield from user.scroll(40)
    gui.screenshot("below")
    yield from user.press("nn.go_to_sample", [0.2])
    yield 0.7
    similar = package("scene.samples.timeline").shown_sample(bpy.context.scene, root())
    gui.check(title() == f"Sample {description().samples[similar].sample.name}" and similar != number, title())
    gui.screenshot("similar")
