"""Settings of the network's input, which the scene shows only after measuring again."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ...actions.network.measure_again import chosen_options
from ...core.description.description import Description
from ...core.inputs import INPUT_KINDS
from ...core.inputs.preprocessing import PRESETS, Preprocessing
from ...core.inputs.ranges import NOTHING_KNOWN
from ...core.inputs.sizes import as_stated, sizes_by_input
from ...core.network import Network
from ...core.samples.finding import find_pictures_beside
from ...core.samples.options import MEASURED_AT_MOST, SHOWN_AT_MOST, MeasureOptions
from ...scene.base import contract
from ...scene.network.description import parse_description
from ..common.input_sizes import NN_PG_input_size, fill_sizes, sizes_by_name
from ..common.knowing import known_description
from ..common.paths import NN_PG_path, absolute, optional_path, paths_by_name
from .input_choices import BACKGROUND_ITEMS, COLOUR_ITEMS, COLOURS, ORIENTATION_ITEMS, PRESET_ITEMS, RESIZE_ITEMS
from .input_kinds import NN_PG_input_kind, NN_PG_output_kind, fill_kinds, kinds_by_name

CUSTOM = "CUSTOM"
VALUES = ("range", "mean", "std", "order")
"""The choices that a preset makes."""
PICTURE_FIELDS = ("resize", "background", "orientation", "invert")
"""The choices whose settings have the names and values that `Preprocessing` has."""


def _take_preset(self: NN_PG_input, context: bpy.types.Context) -> None:
    """Copy a preset's values to the custom ones, which then start from them."""
    if self.preset in PRESETS:
        _fill_values(self, PRESETS[self.preset])


class NN_PG_input(bpy.types.PropertyGroup):
    samples: bpy.props.CollectionProperty(type=NN_PG_path)  # type: ignore[valid-type]
    sample: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Path", description="Chosen entry in the list", options={"HIDDEN"}
    )
    input_samples: bpy.props.CollectionProperty(type=NN_PG_path)  # type: ignore[valid-type]
    answer: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Answer",
        description="The output that is taken for the network's answer. "
        "If empty, the first one that says something about classes",
        options=set(),
    )
    kinds: bpy.props.CollectionProperty(type=NN_PG_input_kind)  # type: ignore[valid-type]
    output_kinds: bpy.props.CollectionProperty(type=NN_PG_output_kind)  # type: ignore[valid-type]
    sizes: bpy.props.CollectionProperty(type=NN_PG_input_size)  # type: ignore[valid-type]
    labels: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Labels",
        description="Table with the file name and true class of each sample. "
        "If empty, “labels.csv” next to the samples is used",
        subtype="FILE_PATH",
        options=set(),
    )
    classes: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Classes",
        description="Text file with one class name per line. "
        "If empty, “classes.txt” or a numbered “labels.txt” next to the model is used",
        subtype="FILE_PATH",
        options=set(),
    )
    model: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Model File",
        description="New location of the model file, which is no longer where it was",
        subtype="FILE_PATH",
        options=set(),
    )
    max_samples: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Samples to Measure",
        description="How many samples to measure at most. Accuracy and statistics cover all of them",
        default=MEASURED_AT_MOST,
        min=1,
        soft_max=MEASURED_AT_MOST,
        options=set(),
    )
    shown: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Samples in Scene",
        description="How many of them to show in the scene at most",
        default=SHOWN_AT_MOST,
        min=1,
        max=SHOWN_AT_MOST,
        options=set(),
    )
    order: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Pick",
        description="Which samples the scene shows where more are measured",
        items=(
            ("first", "First", "The first ones"),
            ("wrong", "Wrong First", "Those that the network gets wrong, then the others"),
            ("uncertain", "Least Certain First", "Those whose two best predictions are closest to each other"),
        ),
        options=set(),
    )
    colour: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Colour",
        description="Whether the network reads images in colour or in grey",
        items=COLOUR_ITEMS,
        options=set(),
    )
    resize: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Resize",
        description="How images are brought to the size that the network expects",
        items=RESIZE_ITEMS,
        options=set(),
    )
    background: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Background",
        description="What transparent parts of images show",
        items=BACKGROUND_ITEMS,
        options=set(),
    )
    orientation: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Orientation",
        description="Whether photographs are turned upright",
        items=ORIENTATION_ITEMS,
        options=set(),
    )
    invert: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Invert", description="Swap dark and bright, for example for dark ink on white paper", options=set()
    )
    preset: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Values",
        description="Range of values that the network was trained on",
        items=(*PRESET_ITEMS, (CUSTOM, "Custom", "Values that you choose")),
        update=_take_preset,
        options=set(),
    )
    black: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Black", description="Value of black", default=0.0, precision=3, options=set()
    )
    white: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="White", description="Value of white", default=1.0, precision=3, options=set()
    )
    mean: bpy.props.FloatVectorProperty(  # type: ignore[valid-type]
        name="Subtract Mean",
        description="Subtracted from the result, per channel in the network's order; 0 leaves it as it is",
        size=4,
        precision=3,
        options=set(),
    )
    std: bpy.props.FloatVectorProperty(  # type: ignore[valid-type]
        name="Divide by Std. Dev.",
        description="Divides the result, per channel in the network's order; 1 leaves it as it is",
        size=4,
        default=(1.0, 1.0, 1.0, 1.0),
        precision=3,
        options=set(),
    )
    channels: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Channel Order",
        description="Order in which the network reads the colours",
        items=(
            ("rgb", "Red, Green, Blue", "Red comes first, as in most networks"),
            ("bgr", "Blue, Green, Red", "Blue comes first, as in networks converted from Caffe"),
        ),
        options=set(),
    )
    statistic: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Activation",
        description="How the feature map of a neuron is reduced to one number",
        items=(
            ("mean", "Mean", "The mean over positions"),
            ("max", "Maximum", "The maximum over positions"),
            ("positive", "Positive Part", "The mean over positions, with negative values counted as 0"),
        ),
        options=set(),
    )
    volume: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Maps Along Depth",
        description="What a feature map shows of a volume",
        items=(
            ("MAXIMUM", "Maximum", "The maximum along the depth"),
            ("SLICE", "Slice", "One slice"),
        ),
        options=set(),
    )
    place: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Position",
        description="Where the slice is, from the front to the back",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
    )
    adopted: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Adopted", description="The settings that the scene was measured with", options={"HIDDEN"}
    )


def adopt(root: bpy.types.Collection) -> None:
    """Let the settings be what the scene shows."""
    about = known_description(root)
    if about is None:
        return
    options, settings = chosen_options(root), root.nn.input
    _fill_samples(settings, options, Path(about.network.file))
    _fill_inputs_and_outputs(settings, options, about)
    _fill_picture(settings, options.choices, shown_preprocessing(about))
    for name in ("labels", "classes"):
        setattr(settings, name, str(getattr(options, name) or ""))
    for name in ("max_samples", "shown", "order", "statistic"):
        setattr(settings, name, getattr(options, name))
    settings.volume = "MAXIMUM" if options.volume == "maximum" else "SLICE"
    if settings.volume == "SLICE":
        settings.place = float(options.volume)
    settings.model = ""
    settings.adopted = _as_text(edited_options(root))


def adopt_all() -> None:
    """See `adopt`, for networks that never were adopted, such as those made by the command line."""
    for collection in bpy.data.collections:
        if collection.get(contract.ROLE) == "network" and not collection.nn.input.adopted:
            adopt(collection)


def start() -> None:
    bpy.app.handlers.load_post.append(_enter_file)


def stop() -> None:
    bpy.app.handlers.load_post.remove(_enter_file)


def edited_options(root: bpy.types.Collection) -> MeasureOptions:
    """The settings as an action takes them; what cannot be edited here stays as it was chosen."""
    settings, chosen = root.nn.input, chosen_options(root)
    return replace(
        chosen,
        samples=tuple(absolute(entry.path) for entry in settings.samples if entry.path),
        input_samples=paths_by_name(settings.input_samples),
        kinds=kinds_by_name((*settings.kinds, *settings.output_kinds), chosen.kinds),
        sizes=sizes_by_name(settings.sizes),
        answer=settings.answer,
        labels=optional_path(settings.labels),
        classes=optional_path(settings.classes),
        max_samples=settings.max_samples,
        shown=settings.shown,
        order=settings.order,
        choices=_choices(settings, chosen.choices, _channels(known_description(root))),
        statistic=settings.statistic,
        volume="maximum" if settings.volume == "MAXIMUM" else _as_typed(settings.place),
    )


def is_edited(root: bpy.types.Collection) -> bool:
    """Whether the scene shows other settings."""
    return bool(root.nn.input.adopted != _as_text(edited_options(root)))


def is_model_missing(root: bpy.types.Collection) -> bool:
    """Whether the model file is no longer where it was when the scene was made."""
    about = known_description(root)
    return about is not None and not Path(about.network.file).exists()


def edited_preprocessing(root: bpy.types.Collection) -> Preprocessing | None:
    """What the settings do to a picture; None for a network that reads none.

    Raises:
        UserError: code ``input.unsupported``, where the settings make no sense.
    """
    about = known_description(root)
    number = picture_input(about)
    if about is None or number is None:
        return None
    one = about.inputs[number]
    if one.guess is not None:
        return one.guess.preprocessing.with_choices(**edited_options(root).choices)
    guess = _guess(root[contract.TEXT].as_string(), number)
    if guess is None:
        return None
    if one.preprocessing is not None and "range" not in about.source.options.choices:
        # What was found by trying is better than what the structure alone says.
        guess = replace(guess, **{name: getattr(one.preprocessing, name) for name in VALUES})
    return guess.with_choices(**edited_options(root).choices)


def picture_input(about: Description | None) -> int | None:
    """The number of the first input that reads pictures, which the settings for these are shown of."""
    inputs = about.inputs if about is not None else ()
    return next((number for number, one in enumerate(inputs) if INPUT_KINDS.find(one.kind).guess is not None), None)


def shown_preprocessing(about: Description | None) -> Preprocessing | None:
    """What was done to pictures for that input."""
    number = picture_input(about)
    return None if about is None or number is None else about.inputs[number].preprocessing


@persistent
def _enter_file(*_: object) -> None:
    adopt_all()


def _as_text(options: MeasureOptions) -> str:
    return json.dumps(options.to_dict(), sort_keys=True)


@functools.lru_cache(maxsize=8)
def _guess(description: str, number: int) -> Preprocessing | None:
    about = parse_description(description)
    guess = INPUT_KINDS.find(about.inputs[number].kind).guess if about else None
    if about is None or guess is None:
        return None
    return guess(about.network, about.network.inputs[number], NOTHING_KNOWN).preprocessing


def _channels(about: Description | None) -> int:
    shown = shown_preprocessing(about)
    return shown.channels if shown is not None else 3


def _fill_inputs_and_outputs(settings: NN_PG_input, options: MeasureOptions, about: Description) -> None:
    """Where the samples of each of several inputs are, the answer, and what inputs and outputs are taken for."""
    settings.input_samples.clear()
    for spec in about.network.inputs if len(about.network.inputs) > 1 else ():
        entry = settings.input_samples.add()
        entry.name, entry.path = spec.name, str(options.input_samples.get(spec.name, ""))
    settings.answer = options.answer
    fill_kinds(settings, about, options.kinds)
    fill_sizes(settings.sizes, about.inputs, sizes_by_input(_as_stated(about).inputs, options.sizes))


def _as_stated(about: Description) -> Network:
    return as_stated(about.network, [one.size for one in about.inputs])


def _fill_samples(settings: NN_PG_input, options: MeasureOptions, model: Path) -> None:
    beside = None if options.samples or options.input_samples else find_pictures_beside(model)
    settings.samples.clear()
    for path in options.samples or ([beside] if beside else []):
        settings.samples.add().path = str(path)


def _fill_picture(settings: NN_PG_input, choices: dict[str, Any], shown: Preprocessing | None) -> None:
    named = {value: name for name, value in COLOURS.items()}
    settings.colour = named[choices.get("colour")]
    for name in PICTURE_FIELDS:
        setattr(settings, name, choices.get(name, getattr(shown or Preprocessing, name)))
    settings.preset = _preset_of(choices)
    _fill_values(settings, shown.to_dict() if shown else {})


def _preset_of(choices: dict[str, Any]) -> str:
    """The preset that a choice of values is."""
    made = {name: choices[name] for name in VALUES if choices.get(name) is not None}
    if not made:
        return "GUESS"
    return next((name for name, preset in PRESETS.items() if preset == made), CUSTOM)


def _fill_values(settings: NN_PG_input, values: dict[str, Any]) -> None:
    settings.black, settings.white = values.get("range", (0.0, 1.0))
    settings.mean = _per_channel(values.get("mean"), 0.0)
    settings.std = _per_channel(values.get("std"), 1.0)
    settings.channels = values.get("order", "rgb")


def _per_channel(numbers: Any, nothing: float) -> list[float]:
    """A number for each of the four channels that an input can have."""
    given = list(numbers or [nothing])
    return (given * 4 if len(given) == 1 else [*given, nothing])[:4]


def _choices(settings: NN_PG_input, chosen: dict[str, Any], channels: int) -> dict[str, Any]:
    """What replaces the guess: of the values only what was chosen."""
    others = {name: value for name, value in chosen.items() if name not in (*VALUES, *PICTURE_FIELDS, "colour")}
    choices = {**others, **{name: getattr(settings, name) for name in PICTURE_FIELDS}}
    if COLOURS[settings.colour]:
        choices["colour"] = COLOURS[settings.colour]
    if settings.preset in PRESETS:
        choices |= PRESETS[settings.preset]
    elif settings.preset == CUSTOM:
        choices |= {
            "range": (_as_typed(settings.black), _as_typed(settings.white)),
            "mean": _unless(settings.mean, 0.0, channels),
            "std": _unless(settings.std, 1.0, channels),
            "order": settings.channels if channels > 1 else "rgb",
        }
    return choices


def _unless(numbers: Any, nothing: float, channels: int) -> tuple[float, ...]:
    """A number per channel; empty where all of them mean nothing."""
    given = tuple(_as_typed(number) for number in numbers[:channels])
    return () if all(number == nothing for number in given) else given


def _as_typed(number: float) -> float:
    """The number as it was typed: Blender keeps 32 bits, which have stray digits when widened to 64."""
    return float(np.format_float_positional(np.float32(number), unique=True))


CLASSES = (NN_PG_input,)


class OnNetwork:
    input: bpy.props.PointerProperty(type=NN_PG_input)  # type: ignore[valid-type]
