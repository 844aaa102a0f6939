"""What is written beside maps that explain answers."""

from __future__ import annotations

from ...core.description.description import Description
from ...core.description.explanation import ExplainedTarget, Explanation
from ...core.explanations import METHODS, Method
from ...core.layout.lettering import cut_name, text_width
from ...core.outputs import OUTPUT_KINDS, output_at
from ...core.recording import class_name, format_output

BETWEEN = " · "
REACH = {"sample": "the sample", "samples": "all samples"}
"""Whose largest magnitude colours reach, by `looks.explanation_look.RULES`."""


def method_of(explanation: Explanation) -> Method:
    return METHODS.find(explanation.method)


def heading_of(explanation: Explanation) -> tuple[str, str]:
    """What method, and what of the network beside the answer it is about; the second may be empty."""
    layers = dict.fromkeys(one.target.layer for one in explanation.targets if one.target.layer)
    about = f"of {explanation.layer}" if explanation.layer else ""
    others = [layer for layer in layers if layer != explanation.layer]
    return method_of(explanation).label, BETWEEN.join(filter(None, [*others, about]))


def name_of_target(about: Description, explained: ExplainedTarget, place: int) -> str:
    """What was explained of a sample: its class, value or neuron.

    Args:
        place: which of the explained samples.
    """
    index, target = explained.indices[place], explained.target
    if target.layer:
        return f"neuron {index}"
    output = output_at(about.outputs, target.output)
    is_answer = output.name == about.answer
    if OUTPUT_KINDS.find(output.kind).is_answer:
        return class_name(about.classes if is_answer else (), index)
    return f"value {index}"


def value_of_target(about: Description, explained: ExplainedTarget, place: int) -> str:
    """The network's output for it: a probability, or any other number; for neurons the activation."""
    output = output_at(about.outputs, explained.target.output)
    value = explained.outputs[place]
    if explained.target.layer or value is None:
        score = explained.scores[place]
        return "" if score is None else format_output(score, False)
    return format_output(value, output.class_values_are_probabilities)


def words_of(about: Description, explained: ExplainedTarget, place: int, room: float) -> str:
    """One line below a map; a name that is too long is cut.

    Args:
        room: in heights of letters.
    """
    value, time = value_of_target(about, explained, place), "before: " if explained.is_intact else ""
    tail = BETWEEN + value if value else ""
    name = name_of_target(about, explained, place)
    return time + cut_name(name, 1.0, room - text_width(time + tail, 1.0)) + tail
