"""Fifty operations in a random order, clicks, undo and redo among them: scene and panels agree after each one."""

import json
import random
import time

import agreement
import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from extension import EXTENSION, jobs, package, roots
from mathutils import Vector

SEED, OPERATIONS, SAMPLES = 7, 50, 4
LAYERS = ("conv_1", "conv_2", "dense_1", "digit")
SETTLED = 0.5
"""Seconds without a job after which nothing follows any more; longer than the wait for a further click."""


def active():
    return package("ui.common.active").active_network(bpy.context)


def neurons_of(layer):
    return next(obj for obj in active().all_objects if obj.get("nn_role") == "neurons" and obj["nn_layer"] == layer)


class Walk:
    """Carries operations out and holds the scene against what it was at every undo step, and against the network."""

    def __init__(self, gui):
        self.gui = gui
        self.random = random.Random(SEED)
        self.oracle = package("engine.worker").Worker(gui.worker_python)
        self.computed = {}
        self.first = agreement.undo_steps()[1]
        self.known = {self.first: []}
        self.operations = {
            self.click: 5,
            self.select: 3,
            self.choose: 2,
            self.switch: 5,
            self.hold_at_mean: 1,
            self.press_d: 2,
            self.switch_layer: 1,
            self.all_but_these: 1,
            self.extremes: 2,
            self.enable_all: 1,
            self.change_sample: 2,
            self.sort: 2,
            self.show_change: 2,
            self.sweep: 1,
            self.keep: 1,
            self.use: 2,
            self.remove: 1,
            self.import_again: 1,
            self.undo: 6,
            self.redo: 5,
            self.switch_and_undo_at_once: 2,
            self.switch_and_choose_at_once: 2,
        }

    def plan(self):
        """Every operation at least once."""
        every = list(self.operations)
        more = self.random.choices(every, list(self.operations.values()), k=OPERATIONS - len(every))
        drawn = every + more
        self.random.shuffle(drawn)
        return drawn

    def run(self):
        for number, planned in enumerate([self.import_again, *self.plan()]):
            can_be_done = roots() or planned in (self.undo, self.redo)
            operation = planned if can_be_done else self.import_again
            steps, at = agreement.undo_steps()
            detail = yield from operation()
            yield from self.settle()
            what = f"{number}. {operation.__name__.replace('_', ' ')}{f' {detail}' if detail else ''}"
            most = 2 if operation in (self.switch_and_undo_at_once, self.switch_and_choose_at_once) else 1
            yield from self.judge(what, steps, at, is_jump=operation in (self.undo, self.redo), most=most)

    def settle(self):
        """Wait until no job follows another."""
        started = busy = time.monotonic()
        while time.monotonic() - busy < SETTLED:
            yield None
            if jobs().running or any(map(bpy.app.timers.is_registered, self.timers())):
                busy = time.monotonic()
            if busy - started > 120:
                raise TimeoutError(f"no end of {jobs().running and jobs().running.title}")

    @staticmethod
    def timers():
        """What does the rest of an operation, on a busy machine long after it was begun."""
        rerunning = package("ui.common.reruns")
        following = package("ui.inspector.following")
        return rerunning._catch_up, rerunning._undo_further, rerunning._redo_further, following._catch_up

    def judge(self, what, steps, was, is_jump=False, most=1):
        """Hold what the scene says against what it should say, as one check."""
        names, at = agreement.undo_steps()
        now = dict(enumerate(agreement.facts(root) for root in roots()))
        wrong = [f"a job failed: {jobs().error.message} {jobs().error.details}"] if jobs().error else []
        for root in roots():
            wrong += agreement.disagreements(package, root, (yield from self.compute(root)))
        if is_jump or at == was:
            if names != steps:
                wrong.append(f"the undo steps changed from {steps[-4:]} to {names[-4:]}")
            wrong += self.differences(at, now) if at in self.known else ["no step to stop at"]
        else:
            if at - was > most:
                wrong.append(f"it made {at - was} undo steps: {names[was + 1 : at + 1]}")
            # Those in between were pushed while the network had still to run: undo and redo pass them over.
            self.known = {step: known for step, known in self.known.items() if step <= was} | {at: now}
        self.gui.check(not wrong, f"{what}, at step {at} of {len(names) - 1}: {'; '.join(wrong[:6]) or 'all agree'}")

    def differences(self, step, now):
        """Between the scene and what it was at a step of undo."""
        known = self.known[step]
        if package("ui.common.choices").kept_choices._choice is not None:
            known, now = (agreement.without_choices(found) for found in (known, now))
        return agreement.differences(known, now)

    def compute(self, root):
        """What the network computes with the switches as they are, by a worker that knows nothing of the scene."""
        about = json.loads(root["nn_text"].as_string())
        changes = agreement.intervention(agreement.facts(root))
        key = json.dumps(changes, sort_keys=True)
        if key not in self.computed:
            wanted = agreement.request(about, changes)
            request = package("core.codec").from_dict(package("core.requests.samples").RunRequest, wanted)
            job = package("engine.jobs").Job(self.oracle.ask(request), "Compute")
            while job.step():
                yield None
            self.computed[key] = self.oracle.take_array(job.result.activations)
        return self.computed[key]

    # Each of the following is an operation; what it returns tells more about it.

    def click(self):
        """On a neuron, a slab, or nothing, now and then with Shift."""
        layer = self.random.choice(LAYERS)
        obj = neurons_of(layer)
        positions = package("scene.neurons.placing").shown_positions(obj)
        neuron = self.random.randrange(len(positions))
        hold = self.random.choice(["", "", "shift"])
        self.gui.view3d()[1].spaces.active.region_3d.view_perspective = "CAMERA"
        yield 0.2
        spot = self.spot(Vector(positions[neuron]))
        yield from self.gui.click(*spot, hold=hold)
        return f"{hold} on {layer} {neuron} at {spot}"

    def select(self):
        layer = self.random.choice(LAYERS)
        count = len(neurons_of(layer).data.vertices)
        chosen = ",".join(str(self.random.randrange(count)) for _ in range(3))
        extend = self.random.random() < 0.4
        self.gui.as_button(bpy.ops.nn.select_neurons, layer=layer, neurons=chosen, extend=extend)
        yield None
        return f"{layer} {chosen} {extend}"

    def choose(self):
        layer = self.random.choice(LAYERS)
        neuron = self.random.randrange(len(neurons_of(layer).data.vertices))
        self.gui.as_button(bpy.ops.nn.choose_neuron, layer=layer, neuron=neuron)
        yield None
        return f"{layer} {neuron}"

    def switch(self):
        gain = self.random.choice([0.0, 0.0, 0.5, 1.0, 1.7])
        return (yield from self.call(bpy.ops.nn.switch_neuron, gain=gain))

    def hold_at_mean(self):
        return (yield from self.call(bpy.ops.nn.switch_neuron, gain=0.0, replace=True))

    def press_d(self):
        """In the viewport, with the picking tool."""
        self.gui.move(*self.nowhere())
        yield 0.2
        yield from self.gui.key("d")

    def switch_layer(self):
        return (yield from self.call(bpy.ops.nn.switch_layer, enable=self.random.random() < 0.5))

    def all_but_these(self):
        return (yield from self.call(bpy.ops.nn.switch_layer, all_but_chosen=True))

    def extremes(self):
        which = self.random.choice(["MOST", "LEAST"])
        return (yield from self.call(bpy.ops.nn.disable_extremes, count=self.random.randint(1, 4), which=which))

    def enable_all(self):
        return (yield from self.call(bpy.ops.nn.enable_all))

    def change_sample(self):
        return (yield from self.call(bpy.ops.nn.go_to_sample, sample=self.random.randrange(SAMPLES)))

    def sort(self):
        by = self.random.choice(["index", "activation", "mean", "class"])
        return (yield from self.call(bpy.ops.nn.sort_neurons, by=by, every_layer=self.random.random() < 0.3))

    def show_change(self):
        shown = not bpy.context.window_manager.nn.switching.compare
        bpy.context.window_manager.nn.switching.compare = shown
        yield None
        return shown

    def sweep(self):
        return (yield from self.call(bpy.ops.nn.sweep_layer))

    def keep(self):
        return (yield from self.call(bpy.ops.nn.keep_intervention))

    def use(self):
        kept = package("scene.interventions.kept_interventions").kept_interventions(active())
        return (yield from self.call(bpy.ops.nn.use_intervention, index=self.random.randrange(-1, len(kept))))

    def remove(self):
        return (yield from self.call(bpy.ops.nn.remove_network))

    def import_again(self):
        """Beside the one that is there, if there is one."""
        if len(roots()) > 1:
            return (yield from self.remove())
        file = self.gui.checkout / "sample_scenes" / "digits" / "digits.keras"
        return (
            yield from self.call(
                bpy.ops.nn.import_network,
                filepath=str(file),
                max_samples=SAMPLES,
                shown=SAMPLES,
                prepare_viewport=False,
            )
        )

    def undo(self):
        at = agreement.undo_steps()[1]
        count = min(self.random.randint(1, 4), at - self.first)
        yield from self.press("ctrl+z", count)
        return count

    def redo(self):
        steps, at = agreement.undo_steps()
        count = min(self.random.randint(1, 4), len(steps) - 1 - at)
        yield from self.press("ctrl+shift+z", count)
        return count

    def switch_and_undo_at_once(self):
        """Before or while the network runs; redo brings the switch back."""
        before = agreement.undo_steps()[1]
        is_possible = bpy.ops.nn.switch_neuron.poll()
        told = yield from self.call(bpy.ops.nn.switch_neuron, gain=self.random.choice([0.0, 0.3]))
        if not is_possible:
            return told
        yield from self.press("ctrl+z", 1)
        yield from self.settle()
        at = agreement.undo_steps()[1]
        now = dict(enumerate(agreement.facts(root) for root in roots()))
        wrong = self.differences(before, now)
        self.gui.check(at == before and not wrong, f"undo at once takes back the switch alone: {at} {wrong[:4]}")
        yield from self.press("ctrl+shift+z", 1)
        return told

    def switch_and_choose_at_once(self):
        """Undo takes back both, for the values of neither were there in between."""
        switched = yield from self.call(bpy.ops.nn.switch_neuron, gain=self.random.choice([0.0, 0.3]))
        return f"{switched}, {(yield from self.choose())}"

    def call(self, operator, **options):
        """Run an operator as a panel's button would; what it refuses is told."""
        told = ", ".join(f"{name} {value}" for name, value in options.items() if name != "filepath")
        if not operator.poll():
            yield None
            return f"{told} (not possible now)"
        self.gui.as_button(operator, **options)
        yield None
        return told

    def press(self, key, count):
        self.gui.move(*self.nowhere())
        yield 0.2
        for _ in range(count):
            yield from self.gui.key(key)
            yield self.random.choice([0.1, 0.6])

    def nowhere(self):
        area = self.gui.view3d()[1]
        return area.x + area.width * 0.4, area.y + 12

    def spot(self, point):
        """Where a point of the world is seen; somewhere empty where it is not."""
        area = self.gui.view3d()[1]
        region = next(region for region in area.regions if region.type == "WINDOW")
        seen = location_3d_to_region_2d(region, region.data, point)
        if seen is None:
            return self.nowhere()
        x, y = round(region.x + seen[0]), round(region.y + seen[1])
        inside = area.x + 90 < x < self.gui.sidebar().x - 10 and area.y + 5 < y < area.y + area.height - 60
        return (x, y) if inside else self.nowhere()


def scenario(gui):
    gui.install()
    preferences = bpy.context.preferences
    preferences.addons[EXTENSION].preferences.python = str(gui.worker_python)
    preferences.edit.undo_steps = 4 * OPERATIONS
    gui.open_panels()
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    yield from gui.open_sidebar("NN")
    gui.as_button(bpy.ops.wm.tool_set_by_id, name="nn.pick_neurons")
    gui.expect_report("Removed NN digits")
    walk = Walk(gui)
    yield from walk.run()
    walk.oracle.close()
    gui.screenshot("end")
