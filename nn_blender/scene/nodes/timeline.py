"""The node group that says which sample the current frame shows; one per network."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .drivers import driven_value
from .graph import Graph, Node, Socket, Value

SAMPLE = "Sample"
NEXT = "Next"
FADES = "Fades"
FADE = "Fade"
RENDERS_POINTS = "Renders Points"


@node_group("Timeline")
def make_timeline(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Sample is ``clamp(floor((frame - 1) / frames_per_sample), 0, last_sample)``, Next the one after it.

    Fade is 0 while a sample is held and grows towards 1 over the last ``fade_frames`` frames before the next one;
    it need not be asked for unless ``Fades`` is true. ``Renders Points`` is true where point clouds are drawn as true
    spheres: by engines other than EEVEE and Workbench. All follow properties of root and scene through drivers without
    Python, so a render farm sees the same.

    Every layer evaluates this at every frame, so each node counts.
    """
    outputs = {SAMPLE: "Float", NEXT: "Float", FADES: "Bool", FADE: "Float", RENDERS_POINTS: "Bool"}
    graph, root = Graph.geometry_group(name, {}, outputs), parts.root
    frames = driven_value(graph, "Frames per Sample", root, contract.FRAMES_PER_SAMPLE)
    last = driven_value(graph, "Last Sample", root, contract.LAST_SAMPLE)
    # sample = clamp(floor((frame - 1) / frames), 0, last); next = min(sample + 1, last)
    frame = graph.add("GeometryNodeInputSceneTime").outputs["Frame"] - 1.0
    reached = graph.math("FLOOR", frame / frames)
    sample = graph.clamp(reached, 0.0, last)
    fade_frames = driven_value(graph, "Fade Frames", root, contract.FADE_FRAMES)
    graph.output(SAMPLE, sample)
    graph.output(NEXT, graph.math("MINIMUM", sample + 1.0, last))
    graph.output(FADES, fade_frames > 0.0)
    graph.output(FADE, _fade(graph, frame, frames, fade_frames, sample, last))
    engine = driven_value(graph, "Render Engine", parts.scene, "render.engine")
    graph.output(RENDERS_POINTS, engine > 1.5)
    return graph.build()


def use_timeline(graph: Graph, parts: Parts) -> Node:
    return graph.add("GeometryNodeGroup", node_tree=parts.group(make_timeline))


def fades_now(graph: Graph, time: Node) -> Socket:
    """Whether the current frame lies between two samples."""
    is_between = time.outputs[FADE] > 0.0
    return graph.switch(time.outputs[FADES], False, is_between, "BOOLEAN")


@node_group("Shown")
def make_shown(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Geometry with ``<quantity>.<k>`` of every sample k in; out with the ``Quantity`` at the current frame instead.

    That is the sample's value, blended with the next sample's where they cross-fade. Only while they do is the next
    sample looked at: infinity times 0 would be NaN.
    """
    graph = Graph.geometry_group(name, {"Geometry": "Geometry", "Quantity": "String"}, {"Geometry": "Geometry"})
    time, quantity = use_timeline(graph, parts), graph.input("Quantity")
    now, then = (graph.attribute(sampled_name(graph, quantity, time.outputs[which])) for which in (SAMPLE, NEXT))
    fade = time.outputs[FADE]
    # value = now * (1 - fade) + then * fade
    kept = now * (1.0 - fade)
    blended = kept + then * fade
    value = graph.switch(fades_now(graph, time), now, blended, "FLOAT")
    stored = graph.store(graph.input("Geometry"), quantity, value)
    every_sample = _joined(graph, quantity, graph.add("FunctionNodeInputString", string="*").outputs[0])
    graph.output("Geometry", _without(graph, stored, every_sample))
    return graph.build()


def shown(graph: Graph, parts: Parts, geometry: Value, quantity: str) -> Socket:
    """See `make_shown`."""
    inputs = {"Geometry": geometry, "Quantity": quantity}
    return graph.add("GeometryNodeGroup", inputs, node_tree=parts.group(make_shown)).outputs[0]


def without_samples(graph: Graph, geometry: Value, quantity: str) -> Socket:
    """Attributes of all samples would otherwise be copied to every point at every frame."""
    return _without(graph, geometry, f"{quantity}.*")


def sampled_name(graph: Graph, quantity: Value, sample: Socket) -> Socket:
    """The name of the attribute that holds the quantity for the sample, ``activation.7`` for example."""
    return _joined(graph, quantity, graph.add("FunctionNodeValueToString", {"Value": sample, "Decimals": 0}).outputs[0])


def _joined(graph: Graph, quantity: Value, last: Value) -> Socket:
    if isinstance(quantity, str):
        quantity = graph.add("FunctionNodeInputString", string=quantity).outputs[0]
    name = graph.add("GeometryNodeStringJoin", {"Delimiter": "."})
    # A multi-input socket keeps the newest link first.
    name.set_input("Strings", last)
    name.set_input("Strings", quantity)
    return name.outputs[0]


def _without(graph: Graph, geometry: Value, wildcard: Value) -> Socket:
    inputs = {"Geometry": geometry, "Name": wildcard}
    return graph.add("GeometryNodeRemoveAttribute", inputs, pattern_mode="WILDCARD").outputs[0]


def _fade(graph: Graph, frame: Value, frames: Value, fade_frames: Value, sample: Value, last: Value) -> Socket:
    # fade = clamp((frame - sample * frames - (frames - fade_frames)) / fade_frames)
    held = frame - sample * frames
    into = held - (frames - fade_frames)
    share = graph.clamp(into / fade_frames)
    # The last sample has nothing to fade to.
    return share * graph.math("LESS_THAN", sample, last)
