"""The options of an import, as properties of the operator."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import bpy

from ...actions.network.import_network import ImportOptions
from ...actions.network.survey import places_of
from ...core.blocks.at_first import ALL, AUTO, NONE
from ...core.inputs.preprocessing import PRESETS
from ...core.layout.budgets import Budget
from ...core.samples.options import MEASURED_AT_MOST, SHOWN_AT_MOST
from ..common.input_sizes import NN_PG_input_size, sizes_by_name
from ..common.paths import NN_PG_path, code_of, paths_by_name
from ..looks.theme import AS_IN_SCENE, IMPORT_ITEMS
from ..samples.input_choices import (
    BACKGROUND_ITEMS,
    COLOUR_ITEMS,
    COLOURS,
    ORIENTATION_ITEMS,
    PRESET_ITEMS,
    RESIZE_ITEMS,
)
from .import_drawing import MILLION, chosen, without_folder

SAMPLES = ("samples", "labels", "classes", "shown", "max_samples")
TIMELINE = ("frames_per_sample", "fade_frames")
PICTURES = ("colour", "resize", "background", "orientation", "preset", "invert")
SCENE = ("open", "by_distance", "theme", "with_stage", "prepare_viewport", "prepare_render")
"""Groups of options, in the order in which they are shown."""


class ImportChoices:
    """What the user chooses of an import, besides the files."""

    samples: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Samples",
        description="Folder of images or arrays to run through the network, or a single file; "
        "a .txt file has a text per line. If empty, the folder “images” or “samples” next to the model is used",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    input_samples: bpy.props.CollectionProperty(  # type: ignore[valid-type]
        type=NN_PG_path,
        name="Samples of Each Input",
        description="For a network with several inputs, where the samples of each of them are",
        options={"SKIP_SAVE"},
    )
    input_sizes: bpy.props.CollectionProperty(  # type: ignore[valid-type]
        type=NN_PG_input_size,
        name="Sizes of Inputs",
        description="Sizes of inputs that the network leaves open",
        options={"SKIP_SAVE"},
    )
    labels: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Labels",
        description="Table with the file name and true class of each sample. "
        "If empty, “labels.csv” next to the samples is used",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    classes: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Classes",
        description="Text file with one class name per line. "
        "If empty, “classes.txt” or a numbered “labels.txt” next to the model is used",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    shown: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Samples in Scene",
        description="How many samples to show; each takes up a stretch of the timeline",
        default=20,
        min=1,
        max=SHOWN_AT_MOST,
    )
    max_samples: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Samples to Measure",
        description="How many samples to measure. Accuracy and statistics cover all of them",
        default=1000,
        min=1,
        soft_max=MEASURED_AT_MOST,
    )
    frames_per_sample: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Frames per Sample", description="How many frames each sample is shown", default=24, min=1, soft_max=240
    )
    fade_frames: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Fade Frames",
        description="How many of these frames fade to the next sample",
        default=0,
        min=0,
        soft_max=120,
    )
    colour: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Colour",
        items=COLOUR_ITEMS,
        description="Whether the network reads images in colour or in grey",
    )
    resize: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Resize",
        items=RESIZE_ITEMS,
        description="How images are brought to the size that the network expects",
    )
    background: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Background", items=BACKGROUND_ITEMS, description="What transparent parts of images show"
    )
    orientation: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Orientation", items=ORIENTATION_ITEMS, description="Whether photographs are turned upright"
    )
    preset: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Values", items=PRESET_ITEMS, description="Range of values that the network was trained on"
    )
    invert: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Invert", description="Swap dark and bright, for example for dark ink on white paper"
    )
    with_stage: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Stage",
        description="Add camera, lights, floor and background. "
        "The scene's own camera and background are restored when the network is removed",
        default=True,
    )
    open: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Open",
        items=(
            (AUTO, "Automatic", "As many levels of blocks as fill the picture well"),
            (ALL, "All", "Every block, so that all layers are seen"),
            (NONE, "None", "No block, so that the network's largest parts are seen"),
        ),
        description="Which blocks of the network are open at first",
        default=AUTO,
    )
    by_distance: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="By Distance",
        description="Let the distance decide which blocks are open: the closer, the more",
    )
    theme: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Theme",
        items=IMPORT_ITEMS,
        description="How the scene looks. All its networks then have this theme, since they share floor and background",
    )
    prepare_viewport: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Prepare Viewport",
        description="Look through the camera, switch to Material Preview, because Solid shows no glow, "
        "and hide relationship lines, grid, axes, 3D cursor and text. Viewport Overlays in the header shows them again",
        default=True,
    )
    hide_cube: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Hide Default Cube",
        description="Hide the cube that Blender starts with, which stands beside the network's input. "
        "It stays in the scene and is shown again when the network is removed",
        options={"SKIP_SAVE"},
    )
    prepare_render: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Prepare Rendering",
        description="Where the scene still has Blender's own render settings, let it render with Cycles, at "
        "1600 × 900, in the colours of the legend. Its own settings are restored when the network is removed",
        default=True,
    )
    allow_code: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Allow Code from This File",
        description="Run Python code that is inside the model file, such as Lambda layers, and the code of Python "
        "Classes. Only for files from a source you trust. It is remembered for these files as they are now; "
        "the extension's preferences list what was allowed",
        options={"SKIP_SAVE"},
    )
    classes_code: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Python Classes",
        description="Python file that defines layers, functions and models of your own that the model needs; "
        "or the name of a module of the Python that has TensorFlow. It is run only if you allow code",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )

    max_neurons: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Max Neurons",
        description="How many neurons are drawn at most in the whole network. All of them are measured",
        default=Budget.neurons,
        min=1,
    )
    max_layer_neurons: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Max per Layer",
        description="How many neurons of a layer are drawn at most, starting with the first. All of them are measured",
        default=Budget.layer_neurons,
        min=1,
    )
    max_map_pixels: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Max Map Megapixels",
        description="How many million pixels all feature maps may have together; a pixel holds three samples. "
        "Maps of large layers are scaled down to fit",
        default=Budget.card_pixels // MILLION,
        min=1,
        soft_max=256,
    )

    def budget(self) -> Budget:
        return Budget(self.max_neurons, self.max_layer_neurons, self.max_map_pixels * MILLION)

    def options_for(self, paths: Iterable[Path]) -> list[ImportOptions]:
        """What is chosen, for each of some model files."""
        choices = {
            "resize": self.resize,
            **PRESETS.get(self.preset, {}),
            "colour": COLOURS[self.colour],
            "invert": self.invert,
            "background": self.background,
            "orientation": self.orientation,
        }
        return [
            ImportOptions(
                file=path,
                samples=tuple(filter(None, [chosen(places, self.samples)])),
                input_samples=paths_by_name(one for one in self.input_samples if without_folder(path, one.path)),
                sizes=sizes_by_name(self.input_sizes),
                labels=chosen(places, self.labels),
                classes=chosen(places, self.classes),
                max_samples=self.max_samples,
                shown=self.shown,
                frames_per_sample=self.frames_per_sample,
                fade_frames=self.fade_frames,
                map_pixels=self.max_map_pixels * MILLION,
                budget=self.budget(),
                choices={name: value for name, value in choices.items() if value is not None},
                with_stage=self.with_stage,
                theme=None if self.theme == AS_IN_SCENE else self.theme,
                open=self.open,
                by_distance=self.by_distance,
                allow_code=self.allow_code,
                classes_code=code_of(without_folder(path, self.classes_code)),
                shows_structure=True,
                prepare_render=self.prepare_render,
            )
            for path, places in ((path, places_of(path)) for path in paths)
        ]
