"""Groups of options that several commands have."""

from __future__ import annotations

from ..actions.network.import_network import ImportOptions
from ..core.inputs import INPUT_KINDS
from ..core.inputs.preprocessing import BACKGROUNDS, ORIENTATIONS, PRESETS, RESIZE_MODES, Preprocessing
from ..core.layout.budgets import Budget
from ..core.outputs import OUTPUT_KINDS
from ..core.recording import STATISTICS
from ..core.samples.options import ORDERS, SHOWN_AT_MOST
from ..scene.base.themes import DEFAULT_THEME, THEMES
from . import values
from .given_options import IMPORT, CommandParser, OptionGroup


def add_import_options(parser: CommandParser) -> None:
    """What decides which network is imported, with which samples, and how it is drawn."""
    samples = parser.add_options_for(IMPORT, "samples")
    add_sample_options(samples, "measured at most; accuracy and statistics cover all of them")
    add_shown_options(samples)
    add_input_options(parser)
    scene = parser.add_options_for(IMPORT, "scene")
    add_amount_options(scene)
    add_look_options(scene)
    add_intervention_options(parser.add_options_for(IMPORT, "interventions"))
    add_model_options(parser)


def add_input_options(parser: CommandParser) -> None:
    group = parser.add_options_for(IMPORT, "network input")
    add_kind_options(group)
    add_picture_options(group)
    add_value_options(group)


def add_model_options(parser: CommandParser) -> None:
    model = parser.add_options_for(IMPORT, "model")
    model.add_argument(
        "--allow-code",
        action="store_true",
        help="run code that is inside the model file and that of --classes-code, in TensorFlow's process and for this "
        "command; only for files you trust",
    )
    model.add_argument(
        "--classes-code",
        type=values.code,
        metavar="FILE.py",
        default=ImportOptions.classes_code,
        help="Python file with the layers, functions and models of your own that the model needs; may also be a "
        "package's folder, or the name of a module of the Python that has TensorFlow; needs --allow-code",
    )
    add_python(model)


def add_sample_options(group: OptionGroup, what_is_most: str) -> None:
    """Which samples go through the network.

    Args:
        what_is_most: how the help of ``--max-samples`` goes on.
    """
    group.add_argument(
        "--samples",
        type=values.samples,
        metavar="[NAME=]PATH",
        action="append",
        default=[],
        help="folder of images or arrays, folder with a folder per class, one image, a .npy or .npz file, or a .txt "
        "file with a text per line; for several inputs an .npz file whose arrays bear their names, a folder with a "
        "folder for each, or NAME=PATH for each; may be repeated (default: the folder images or samples next to the "
        "model)",
    )
    group.add_argument(
        "--labels",
        type=values.path,
        metavar="FILE.csv",
        help="table with the file name and true class of each sample (default: labels.csv next to the samples)",
    )
    group.add_argument(
        "--classes",
        type=values.path,
        metavar="FILE.txt",
        help="text file with one class name per line (default: classes.txt or numbered labels.txt next to the model)",
    )
    group.add_argument(
        "--max-samples",
        type=values.count,
        metavar="N",
        default=ImportOptions.max_samples,
        help=f"how many samples are {what_is_most} (default: %(default)s)",
    )


def add_shown_options(group: OptionGroup) -> None:
    group.add_argument(
        "--shown",
        type=values.whole(1, SHOWN_AT_MOST),
        metavar="N",
        default=ImportOptions.shown,
        help=f"how many of them are in the scene, 1 to {SHOWN_AT_MOST} (default: %(default)s)",
    )
    group.add_argument(
        "--order",
        choices=ORDERS,
        default=ImportOptions.order,
        help="which samples are in the scene where more are measured: the first ones, those predicted wrong, "
        "or the least certain ones (default: %(default)s)",
    )


def add_kind_options(group: OptionGroup) -> None:
    group.add_argument(
        "--kind",
        type=values.choice,
        metavar="NAME=KIND",
        action="append",
        default=[],
        help="what an input or output of the network is taken for, where that was decided wrongly; inputs: "
        f"{', '.join(kind.name for kind in INPUT_KINDS)}; outputs: {', '.join(kind.name for kind in OUTPUT_KINDS)}",
    )
    group.add_argument(
        "--size",
        type=values.input_size,
        metavar="[NAME=]HxW",
        action="append",
        default=[],
        help="size of an input that the network leaves open, such as 128x96 for images, 100 for the length of "
        "sequences, or 16x64x64 for volumes; may be repeated (default: that of the samples)",
    )
    group.add_argument(
        "--answer",
        metavar="NAME",
        help="the output that is the network's answer (default: the first one that says something about classes)",
    )


def add_picture_options(group: OptionGroup) -> None:
    group.add_argument(
        "--resize",
        choices=RESIZE_MODES,
        help="how images are brought to the size of the network's input: keep the proportions and pad with black, "
        f"keep them and crop, or change them (default: {Preprocessing.resize})",
    )
    group.add_argument(
        "--colour",
        choices=("rgb", "grey"),
        help="whether the network reads images in colour or in grey (default: rgb for three channels, grey for one)",
    )
    group.add_argument(
        "--invert", action="store_true", default=None, help="swap dark and bright, for dark ink on white paper"
    )
    group.add_argument(
        "--background",
        choices=BACKGROUNDS,
        help="what transparent parts of images show: the colours that are stored under them, as in Keras, black, "
        f"or white (default: {Preprocessing.background})",
    )
    group.add_argument(
        "--orientation",
        choices=ORIENTATIONS,
        help="whether photographs are read as their pixels are stored, as in Keras, or turned upright as their EXIF "
        f"orientation says (default: {Preprocessing.orientation})",
    )


def add_value_options(group: OptionGroup) -> None:
    group.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        help="range, mean and standard deviation that the network was trained with; unit is 0..1, signed -1..1, "
        "byte 0..255, torch and caffe are Keras's modes of these names (default: what the network's own "
        "operations expect)",
    )
    group.add_argument(
        "--range",
        type=values.value_range,
        metavar="LOW..HIGH",
        help="values of black and of full brightness, such as -1..1; replaces that of the preset",
    )
    group.add_argument(
        "--mean",
        type=values.per_channel,
        metavar="NUMBER[,NUMBER...]",
        help="what is then subtracted: one number, or one per channel in the network's order; "
        "replaces that of the preset",
    )
    group.add_argument(
        "--std",
        type=values.divisors,
        metavar="NUMBER[,NUMBER...]",
        help="what the result is then divided by, likewise; replaces that of the preset",
    )


def add_amount_options(group: OptionGroup) -> None:
    group.add_argument(
        "--max-neurons",
        type=values.count,
        metavar="N",
        default=Budget.neurons,
        help="how many neurons are drawn at most in the whole network; all are measured (default: %(default)s)",
    )
    group.add_argument(
        "--max-layer-neurons",
        type=values.count,
        metavar="N",
        default=Budget.layer_neurons,
        help="how many neurons of a layer are drawn at most, starting with the first (default: %(default)s)",
    )
    group.add_argument(
        "--map-pixels",
        type=values.whole(0),
        metavar="N",
        default=ImportOptions.map_pixels,
        help="how many pixels all feature maps may have together; maps of large layers are scaled down, "
        "0 leaves out all maps (default: %(default)s)",
    )
    group.add_argument(
        "--volume",
        type=values.volume,
        metavar=f"{ImportOptions.volume}|0..1",
        default=ImportOptions.volume,
        help="what feature maps show of volumes: the maximum along the depth, or one slice, "
        "at 0 the first and at 1 the last (default: %(default)s)",
    )
    group.add_argument(
        "--statistic",
        choices=STATISTICS,
        default=ImportOptions.statistic,
        help="how the feature map of a neuron is reduced to one number: mean, maximum, "
        "or mean of the positive part (default: %(default)s)",
    )


def add_look_options(group: OptionGroup) -> None:
    group.add_argument(
        "--frames-per-sample",
        type=values.positive,
        metavar="N",
        default=ImportOptions.frames_per_sample,
        help="how many frames each sample is shown (default: %(default)s)",
    )
    group.add_argument(
        "--fade-frames",
        type=values.whole(0, 100_000),
        metavar="N",
        default=ImportOptions.fade_frames,
        help="how many of these frames fade to the next sample (default: %(default)s)",
    )
    group.add_argument(
        "--theme",
        choices=tuple(theme.name for theme in THEMES),
        default=DEFAULT_THEME,
        help="how the scene looks: studio is a dark room in which values glow, paper a white sheet on which they are "
        "ink (default: %(default)s)",
    )
    group.add_argument(
        "--open",
        type=values.opening,
        metavar="auto|all|none|N",
        default=ImportOptions.open,
        help="which blocks are open: auto as many levels as fill the picture well, all, none, or N levels (default: "
        "%(default)s)",
    )
    group.add_argument(
        "--by-distance",
        action="store_true",
        help="let the distance from the camera decide which blocks are open: the closer, the more; --open counts from "
        "when that is switched off",
    )


def add_intervention_options(group: OptionGroup) -> None:
    group.add_argument(
        "--disable",
        action="append",
        default=[],
        metavar="LAYER:0,3,7-9",
        help="disable neurons of a layer; may be repeated",
    )
    group.add_argument(
        "--gain",
        action="append",
        default=[],
        metavar="LAYER:3=0.5",
        help="multiply the activation of neurons by a factor from 0 to 2; may be repeated",
    )


def add_python(group: CommandParser | OptionGroup) -> None:
    group.add_argument(
        "--python",
        type=values.path,
        metavar="WORKER_PYTHON",
        help="Python that has TensorFlow (default: that of NN_BLENDER_WORKER_PYTHON, or the one that was set up)",
    )
