"""The commands with their options, and which function runs them."""

from __future__ import annotations

import argparse
from typing import Any

from ..actions.samples.measuring import MEASURED_AT_MOST, ORDERS, SHOWN_AT_MOST
from ..core.layout.budgets import Budget
from ..core.recording import STATISTICS
from ..core.samples.preprocessing import PRESETS, RESIZE_MODES
from ..scene.stage.rendering import ENGINES
from . import commands, values


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("nn_blender", description="See inside a neural network.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_import(verbs)
    _add_render(verbs)
    inspect = verbs.add_parser("inspect", help="print a model file's structure as JSON; needs no TensorFlow run")
    inspect.add_argument("model", type=values.path, metavar="MODEL")
    _add_python(inspect)
    inspect.set_defaults(run=commands.inspect)
    checking = verbs.add_parser("check", help="check the Python that has TensorFlow and print its versions")
    _add_python(checking)
    checking.set_defaults(run=commands.check_python)
    doctor = verbs.add_parser("doctor", help="say how things are set up, and what to do where they are not")
    _add_python(doctor)
    doctor.set_defaults(run=commands.doctor)
    setup = verbs.add_parser("setup-tensorflow", help="download TensorFlow into an environment of its own")
    setup.add_argument("--python", type=values.path, metavar="BASE_PYTHON", help="Python 3.11 to 3.13 to build on")
    setup.add_argument("--build", metavar="NAME", help="cpu, or gpu where there is one")
    setup.add_argument("--pip-arguments", default="", metavar="TEXT", help="added to pip install")
    setup.add_argument("--repair", action="store_true", help="read every file and replace what is damaged")
    setup.set_defaults(run=commands.set_up)
    return parser


def _add_import(verbs: Any) -> None:
    parser = verbs.add_parser("import", help="turn a Keras model into a scene")
    parser.add_argument("model", type=values.path, metavar="MODEL", help=".keras, .h5 or .hdf5 file")
    _add_import_options(parser)
    parser.add_argument("--save", type=values.path, metavar="FILE.blend", help="save the scene")
    parser.add_argument("--render", type=values.path, metavar="FILE.png", help="render a picture of the scene")
    parser.add_argument("--frame", type=values.frame, metavar="N", help="frame to save and render; 1 by default")
    parser.add_argument("--report", type=values.path, metavar="FILE.json", help="write what was computed")
    parser.add_argument(
        "--influence",
        type=values.path,
        metavar="FILE.csv",
        help="estimate what the true class loses without each neuron",
    )
    _add_render_options(parser)
    parser.set_defaults(run=commands.import_model)


def _add_import_options(parser: argparse.ArgumentParser) -> None:
    _add_sample_options(parser.add_argument_group("samples"))
    _add_preparation_options(parser.add_argument_group("how images become the network's input"))
    _add_scene_options(parser.add_argument_group("scene"))
    _add_intervention_options(parser.add_argument_group("interventions"))
    parser.add_argument("--allow-code", action="store_true", help="run code that is inside the model file")
    _add_python(parser)


def _add_sample_options(group: Any) -> None:
    group.add_argument(
        "--samples",
        type=values.path,
        metavar="PATH",
        action="append",
        default=[],
        help="folder of test images or of a folder per class, one image, or a .npy or .npz file; may be repeated",
    )
    group.add_argument("--labels", type=values.path, metavar="CSV", help="table of file and label")
    group.add_argument("--classes", type=values.path, metavar="FILE", help="class names, one a line")
    group.add_argument(
        "--max-samples", type=values.positive, metavar="N", default=MEASURED_AT_MOST, help="how many are measured"
    )
    group.add_argument(
        "--shown",
        type=values.whole(1, SHOWN_AT_MOST),
        metavar="N",
        default=SHOWN_AT_MOST,
        help=f"how many of them live in the scene, at most {SHOWN_AT_MOST}; statistics are over all",
    )
    group.add_argument("--order", choices=ORDERS, default="first", help="which of them live in the scene")


def _add_preparation_options(group: Any) -> None:
    group.add_argument("--resize", choices=RESIZE_MODES, help="how images get the network's size; fit by default")
    group.add_argument("--preset", choices=tuple(PRESETS), help="values as the network was trained on")
    group.add_argument(
        "--range", type=values.value_range, metavar="LOW..HIGH", help="values of black and white, as in -1..1"
    )
    group.add_argument("--colour", choices=("rgb", "grey"), help="what the network sees; colour where it can")
    group.add_argument("--invert", action="store_true", default=None, help="swap dark and bright")


def _add_scene_options(group: Any) -> None:
    group.add_argument(
        "--max-neurons",
        type=values.positive,
        metavar="N",
        help=f"how many neurons are drawn; {Budget.neurons:,} by default, {Budget.layer_neurons:,} of a layer",
    )
    group.add_argument("--frames-per-sample", type=values.positive, metavar="N", default=24)
    group.add_argument(
        "--fade-frames",
        type=values.whole(0, 100_000),
        metavar="N",
        default=0,
        help="of those, how many fade to the next",
    )
    group.add_argument(
        "--statistic", choices=STATISTICS, default="mean", help="how a neuron with positions becomes one number"
    )


def _add_intervention_options(group: Any) -> None:
    group.add_argument(
        "--disable",
        action="append",
        default=[],
        metavar="LAYER:0,3,7-9",
        help="switch neurons of a layer off; may be repeated",
    )
    group.add_argument(
        "--gain",
        action="append",
        default=[],
        metavar="LAYER:3=0.5",
        help="weaken or strengthen neurons by a factor from 0 to 2; may be repeated",
    )


def _add_render(verbs: Any) -> None:
    parser = verbs.add_parser("render", help="render a scene file, or a model")
    parser.add_argument("source", type=values.path, metavar="FILE.blend|MODEL")
    parser.add_argument("--output", type=values.path, required=True, metavar="FILE.png|FILE.mp4|FOLDER/")
    parser.add_argument("--animation", action="store_true", help="render all frames")
    parser.add_argument("--frames", type=values.frames, metavar="A-B", help="first and last frame of the animation")
    parser.add_argument("--frame", type=values.frame, metavar="N", help="frame of a still")
    _add_render_options(parser)
    _add_import_options(parser)
    parser.set_defaults(run=commands.render)


def _add_render_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--resolution", type=values.size, metavar="WxH")
    parser.add_argument("--render-samples", type=values.positive, metavar="N", help="samples per pixel")


def _add_python(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--python", type=values.path, metavar="WORKER_PYTHON", help="Python that has TensorFlow")
