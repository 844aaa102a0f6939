"""The commands with their options, and which function runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..actions.network.import_network import ImportOptions
from ..core.inputs import INPUT_KINDS
from ..core.inputs.preprocessing import BACKGROUNDS, ORIENTATIONS, PRESETS, RESIZE_MODES, Preprocessing
from ..core.layout.budgets import Budget
from ..core.outputs import OUTPUT_KINDS
from ..core.recording import STATISTICS
from ..core.samples.options import ORDERS, SHOWN_AT_MOST
from ..scene.base.themes import DEFAULT_THEME, THEMES
from ..scene.stage.rendering import ENGINES
from . import commands, values
from .given_options import IMPORT, RENDER, CommandParser, OptionGroup

EXIT_CODES = (
    "Exit codes: 0 done, 2 wrong arguments or input, also where none of the samples asked for can be used, "
    "3 TensorFlow's process failed."
)


def make_parser() -> CommandParser:
    """The parser of all commands. Every option has a help text, so that a reference can be made from it."""
    parser = CommandParser("nn_blender", description="See inside a neural network.", epilog=EXIT_CODES)
    verbs = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    _add_import(verbs)
    _add_render(verbs)
    inspect = _add_command(
        verbs, "inspect", commands.inspect, "print the structure of a model file as JSON, without loading TensorFlow"
    )
    inspect.add_argument("file", type=values.path, metavar="MODEL", help=".keras, .h5 or .hdf5 file")
    _add_python(inspect)
    check = _add_command(
        verbs, "check", commands.check_python, "check the Python that has TensorFlow and print its versions"
    )
    _add_python(check)
    doctor = _add_command(
        verbs, "doctor", commands.doctor, "print how TensorFlow is set up, and what to do where something is missing"
    )
    _add_python(doctor)
    _add_setup(verbs)
    return parser


def _add_command(verbs: Any, name: str, run: Callable[..., None], description: str) -> CommandParser:
    """Add a command with a description that begins in lower case."""
    title = f"{description[0].upper()}{description[1:]}."
    parser: CommandParser = verbs.add_parser(name, help=description, description=title)
    parser.set_defaults(run=run)
    return parser


def _add_setup(verbs: Any) -> None:
    parser = _add_command(
        verbs, "setup-tensorflow", commands.set_up, "download TensorFlow into an environment of its own"
    )
    parser.add_argument(
        "--python",
        type=values.path,
        metavar="BASE_PYTHON",
        help="Python 3.11 to 3.13 to make the environment from (default: one that is found on this computer)",
    )
    parser.add_argument(
        "--build",
        type=values.build,
        metavar="NAME",
        help="build of TensorFlow: cpu, or gpu on computers that have one (default: the one that is set up, or cpu)",
    )
    parser.add_argument(
        "--pip-arguments", default="", metavar="TEXT", help="arguments added to pip install, such as a package index"
    )
    parser.add_argument(
        "--repair", action="store_true", help="check the contents of every file and replace what is damaged"
    )
    parser.add_argument(
        "--with-keras-2",
        action="store_true",
        help="add Keras 2 (2 MB), which runs old models that Keras 3 cannot; it stays until TensorFlow is removed",
    )


def _add_import(verbs: Any) -> None:
    parser = _add_command(verbs, "import", commands.import_model, "turn a Keras model into a scene")
    parser.add_argument("file", type=values.path, metavar="MODEL", help=".keras, .h5 or .hdf5 file")
    _add_import_options(parser)
    results = parser.add_argument_group("results")
    results.add_argument("--save", type=values.path, metavar="FILE.blend", help="save the scene")
    results.add_argument(
        "--frame",
        type=values.frame,
        metavar="N",
        help="current frame of the scene when it is saved or rendered (default: 1)",
    )
    results.add_argument(
        "--report", type=values.path, metavar="FILE.json", help="write layers, predictions and accuracy"
    )
    results.add_argument(
        "--influence",
        type=values.path,
        metavar="FILE.csv",
        help="estimate how much the score of the true class drops without each neuron, and write it as a table",
    )
    results.add_argument(
        "--activations",
        type=values.path,
        metavar="FOLDER",
        help="write the activations of all measured samples, one .npz file per layer, and index.json",
    )
    results.add_argument(
        "--whole-activations",
        action="store_true",
        help="let --activations write the layers' whole outputs instead of one number per neuron",
    )
    camera = results.add_mutually_exclusive_group()
    camera.add_argument("--render", type=values.path, metavar="FILE.png", help="render a picture of the scene")
    camera.add_argument(
        "--no-stage",
        dest="with_stage",
        action="store_false",
        help="add no camera, lights, floor and background; such a scene cannot be rendered as it is",
    )
    _add_render_options(parser)


def _add_import_options(parser: CommandParser) -> None:
    _add_sample_options(parser.add_options_for(IMPORT, "samples"))
    network_input = parser.add_options_for(IMPORT, "network input")
    _add_kind_options(network_input)
    _add_picture_options(network_input)
    _add_value_options(network_input)
    scene = parser.add_options_for(IMPORT, "scene")
    _add_amount_options(scene)
    _add_look_options(scene)
    _add_intervention_options(parser.add_options_for(IMPORT, "interventions"))
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
    _add_python(model)


def _add_sample_options(group: OptionGroup) -> None:
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
        help="how many samples are measured at most; accuracy and statistics cover all of them (default: %(default)s)",
    )
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


def _add_kind_options(group: OptionGroup) -> None:
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


def _add_picture_options(group: OptionGroup) -> None:
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


def _add_value_options(group: OptionGroup) -> None:
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


def _add_amount_options(group: OptionGroup) -> None:
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


def _add_look_options(group: OptionGroup) -> None:
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


def _add_intervention_options(group: OptionGroup) -> None:
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


def _add_render(verbs: Any) -> None:
    parser = _add_command(verbs, "render", commands.render, "render a scene file, or a model")
    parser.add_argument(
        "file", type=values.path, metavar="FILE.blend|MODEL", help="scene file, or model file to import and render"
    )
    parser.add_argument(
        "--output",
        type=values.path,
        required=True,
        metavar="FILE.png|FILE.mp4|FOLDER/",
        help="picture, or film or folder of pictures for an animation",
    )
    parser.add_argument("--animation", action="store_true", help="render all frames instead of one")
    parser.add_argument(
        "--frames",
        type=values.frames,
        metavar="A-B",
        help="render an animation from the first to the last of these frames (default: those of the scene)",
    )
    parser.add_argument(
        "--frame", type=values.frame, metavar="N", help="frame of the picture (default: the scene's current frame)"
    )
    _add_render_options(parser)
    _add_import_options(parser)
    parser.set_defaults(with_stage=ImportOptions.with_stage)


def _add_render_options(parser: CommandParser) -> None:
    group = parser.add_options_for(RENDER, "rendering")
    group.add_argument("--engine", choices=ENGINES, help="render engine (default: the scene's)")
    group.add_argument(
        "--resolution", type=values.size, metavar="WxH", help="width and height in pixels (default: the scene's)"
    )
    group.add_argument(
        "--render-samples", type=values.positive, metavar="N", help="samples per pixel (default: the scene's)"
    )


def _add_python(group: CommandParser | OptionGroup) -> None:
    group.add_argument(
        "--python",
        type=values.path,
        metavar="WORKER_PYTHON",
        help="Python that has TensorFlow (default: that of NN_BLENDER_WORKER_PYTHON, or the one that was set up)",
    )
