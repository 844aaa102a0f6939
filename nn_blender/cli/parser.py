"""The commands with their options, and which function runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..actions.explanations.explain_network import ExplainOptions
from ..actions.network.import_network import ImportOptions
from ..core.explanations import METHODS
from ..core.explanations.targets import PREDICTED_WORD
from ..scene.stage.rendering import ENGINES
from . import commands, explaining, values
from .given_options import IMPORT, RENDER, CommandParser
from .option_groups import (
    add_import_options,
    add_input_options,
    add_intervention_options,
    add_model_options,
    add_python,
    add_sample_options,
)

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
    _add_explain(verbs)
    inspect = _add_command(
        verbs, "inspect", commands.inspect, "print the structure of a model file as JSON, without loading TensorFlow"
    )
    inspect.add_argument("file", type=values.path, metavar="MODEL", help=".keras, .h5 or .hdf5 file")
    add_python(inspect)
    check = _add_command(
        verbs, "check", commands.check_python, "check the Python that has TensorFlow and print its versions"
    )
    add_python(check)
    doctor = _add_command(
        verbs, "doctor", commands.doctor, "print how TensorFlow is set up, and what to do where something is missing"
    )
    add_python(doctor)
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
    add_import_options(parser)
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
    add_import_options(parser)
    parser.set_defaults(with_stage=ImportOptions.with_stage)


def _add_explain(verbs: Any) -> None:
    parser = _add_command(
        verbs, "explain", explaining.explain, "write what in each sample a network's answer comes from, without a scene"
    )
    parser.add_argument("file", type=values.path, metavar="MODEL", help=".keras, .h5 or .hdf5 file")
    parser.add_argument(
        "--method",
        type=values.methods,
        metavar="METHOD[,METHOD...]",
        action="extend",
        required=True,
        help=f"how answers are explained: {', '.join(method.name for method in METHODS)}",
    )
    parser.add_argument(
        "--target",
        metavar=f"{PREDICTED_WORD}|CLASS|LAYER:NEURON",
        action="append",
        help="what is explained: the class with the highest output; a class or value, by its number from 0 on or the "
        "name of the class; or a neuron, by the path of its layer and its number; may be repeated "
        f"(default: {PREDICTED_WORD})",
    )
    parser.add_argument(
        "--layer",
        metavar="PATH",
        help=f"layer whose maps {_listed('weights_layer')} weight (default: the last one that has maps)",
    )
    parser.add_argument(
        "--steps",
        type=values.whole(1, 10_000),
        metavar="N",
        help=f"how many points or copies of a sample {_listed('has_steps')} take (default: {ExplainOptions.steps})",
    )
    parser.add_argument(
        "--output",
        type=values.path,
        required=True,
        metavar="FOLDER",
        help="folder for explain.json, an array METHOD.npy per method and an overlay per sample and method; files of "
        "an earlier run are replaced",
    )
    add_sample_options(parser.add_options_for(IMPORT, "samples"), "explained at most")
    add_input_options(parser)
    add_intervention_options(parser.add_options_for(IMPORT, "interventions"))
    add_model_options(parser)


def _listed(attribute: str) -> str:
    """Names of the methods of which an attribute is true."""
    return ", ".join(method.name for method in METHODS if getattr(method, attribute))


def _add_render_options(parser: CommandParser) -> None:
    group = parser.add_options_for(RENDER, "rendering")
    group.add_argument("--engine", choices=ENGINES, help="render engine (default: the scene's)")
    group.add_argument(
        "--resolution", type=values.size, metavar="WxH", help="width and height in pixels (default: the scene's)"
    )
    group.add_argument(
        "--render-samples", type=values.positive, metavar="N", help="samples per pixel (default: the scene's)"
    )
