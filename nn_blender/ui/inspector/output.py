"""The inspector of an output: what it says of the sample shown, and how far off it is over all samples."""

from __future__ import annotations

import bpy

from ...core.description.description import Description
from ...core.outputs import OUTPUT_KINDS, NetworkOutput
from ...core.texts import format_label
from ...scene.samples.timeline import shown_sample
from ..common.knowing import known_description
from ..common.sidebar import draw_facts, draw_lines
from ..samples.answers import describe_metric, describe_output
from ..samples.sample_steps import draw_steps
from .sample import draw_answer

ICON = "EXPORT"


def _chosen(context: bpy.types.Context, about: Description | None) -> NetworkOutput | None:
    """The output that was chosen; the network's answer where it has no output of that name."""
    if about is None or not about.outputs:
        return None
    chosen = context.scene.nn.output
    return next((one for one in about.outputs if one.name == chosen), about.answer_output)


def title(context: bpy.types.Context, root: bpy.types.Collection) -> str:
    """Empty where no output can be shown."""
    output = _chosen(context, known_description(root))
    return f"Output {output.name}" if output is not None else ""


def draw(layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection) -> None:
    about, shown = known_description(root), shown_sample(context.scene, root)
    output = _chosen(context, about)
    if about is None or output is None:
        return
    if shown < len(about.samples):
        draw_steps(layout, about.samples[shown].sample.name, shown, len(about.samples))
        told = next((one for one in about.samples[shown].outputs if one.output == output.name), None)
        if output.name == about.answer_output.name and about.current_samples[shown].answer.predictions:
            label = about.samples[shown].sample.label
            if label:
                draw_facts(layout, (output.truth.title(), format_label(label)))
            draw_answer(layout, about, shown, most=10)
        elif told is not None:
            of = "Intact" if about.intervention is not None else "Says"
            draw_facts(layout, (of, describe_output(about, told)))
    else:
        layout.label(text="There are no samples", icon="INFO")
    kind = OUTPUT_KINDS.find(output.kind)
    draw_facts(layout, ("Kind", kind.title), *([("Classes", f"{len(about.classes):,}")] if about.classes else []))
    draw_lines(layout, f"Taken for {kind.title.lower()}: {output.reason}")
    measured = [metric for metric in about.metrics if metric.output == output.name]
    if measured:
        of_intact = " of the intact network" if about.intervention is not None else ""
        draw_lines(layout, f"Over all {about.evaluated:,} measured samples{of_intact}")
        for metric in measured:
            layout.label(text=describe_metric(about, metric))
