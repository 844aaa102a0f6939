"""The inspector of the sample that is shown: its picture, what is true, and what the network says."""

from __future__ import annotations

import bpy

from ...core.description.description import Description
from ...core.recording import format_output
from ...core.texts import format_label
from ...scene.samples.timeline import shown_sample
from ..common.knowing import known_description
from ..common.sidebar import draw_beside, draw_facts
from ..maps.thumbnails import thumbnails
from ..samples.answers import VERDICTS, describe_output, draw_predictions
from ..samples.sample_steps import draw_steps

ICON = "IMAGE_DATA"
PREDICTIONS = 5


def title(context: bpy.types.Context, root: bpy.types.Collection) -> str:
    """Empty where no sample is shown."""
    about, shown = known_description(root), shown_sample(context.scene, root)
    return f"Sample {about.samples[shown].sample.name}" if about is not None and shown < len(about.samples) else ""


def draw(layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection) -> None:
    about, shown = known_description(root), shown_sample(context.scene, root)
    if about is None:
        return
    draw_steps(layout, "", shown, len(about.samples))
    draw_beside(layout, thumbnails.large(root, shown), 5, *_truth(about, shown), names=0.55)
    draw_answer(layout, about, shown)
    told = about.samples[shown].outputs
    if about.current_samples[shown].answer.predictions:  # They say it of the answer already.
        told = tuple(one for one in told if one.output != about.answer)
    if told and about.intervention is not None:
        layout.label(text="Of the intact network:")
    if told:
        draw_facts(layout, *((one.output, describe_output(about, one)) for one in told))


def _truth(about: Description, shown: int) -> list[tuple[str, str]]:
    """What is true of a sample, and what the network says instead or too."""
    sample, answer = about.samples[shown].sample, about.current_samples[shown].answer
    facts = [(about.answer_output.truth.title(), format_label(sample.label))] if sample.label else []
    if answer.predictions:
        facts.append(("Answer", answer.best))
    return facts


def draw_answer(layout: bpy.types.UILayout, about: Description, shown: int, most: int = PREDICTIONS) -> None:
    """The network's best answers to a sample as it is switched, with the intact one's below."""
    answer = about.current_samples[shown].answer
    if answer.right is not None:
        layout.label(text="Correct" if answer.right else "Wrong", icon=VERDICTS[answer.right])
    bars = layout.column(align=True)
    are_probabilities = about.answer_output.class_values_are_probabilities
    draw_predictions(bars, answer.predictions[:most], are_probabilities=are_probabilities)
    intact = about.samples[shown].answer
    if about.intervention is not None and intact.predictions:
        was = intact.predictions[0]
        layout.label(
            text=f"Before: {was.label} {format_output(was.probability, are_probabilities)}", icon=VERDICTS[intact.right]
        )
