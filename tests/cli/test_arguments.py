"""Commands, options and their values: what is accepted, what is refused and with which words."""

from __future__ import annotations

import argparse

import pytest
from command_line import DIGITS, run

from nn_blender.cli import main
from nn_blender.cli.parser import make_parser
from nn_blender.core.layout.budgets import Budget

MODEL = DIGITS / "digits.keras"

OF_A_SCENE_FILE = {
    "-h",
    *("--output", "--animation", "--frames", "--frame"),
    *("--engine", "--resolution", "--render-samples"),
}
"""Options of `render` that a scene file needs; all others are about an import."""

VALUES = {
    "auto|all|none|N": "auto",
    "N": "1",
    "PATH": "images",
    "FILE.csv": "labels.csv",
    "FILE.py": "classes.py",
    "FILE.txt": "classes.txt",
    "LOW..HIGH": "0..1",
    "NUMBER[,NUMBER...]": "0.5",
    "maximum|0..1": "maximum",
    "LAYER:0,3,7-9": "conv_1:0",
    "LAYER:3=0.5": "conv_1:3=0.5",
    "WORKER_PYTHON": "python3",
    "[NAME=]PATH": "images",
    "[NAME=]HxW": "image=28x28",
    "NAME=KIND": "image=image",
    "NAME": "digit",
}
"""A valid value by metavar."""


def commands() -> dict[str, argparse.ArgumentParser]:
    (verbs,) = [action for action in make_parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return verbs.choices


def as_arguments(action: argparse.Action) -> list[str]:
    """The option with its default, or else a valid value."""
    if action.nargs == 0:
        return [action.option_strings[0]]
    known = action.choices[0] if action.choices else VALUES[action.metavar]
    return [action.option_strings[0], str(action.default or known)]


@pytest.mark.parametrize("name", commands())
def test_every_command_says_what_it_does(name: str) -> None:
    assert commands()[name].description.endswith(".")


@pytest.mark.parametrize("name", commands())
def test_every_argument_has_a_help_text_with_its_default(name: str) -> None:
    for action in commands()[name]._actions:
        assert action.help, action
        assert action.metavar or action.choices or action.nargs == 0, action
        if action.nargs != 0 and action.default not in (None, "", []):
            assert f"(default: {action.default})" in action.help % vars(action)


def test_a_scene_file_refuses_every_option_of_an_import(capsys: pytest.CaptureFixture[str]) -> None:
    options = [
        action
        for action in commands()["render"]._actions
        if action.option_strings and action.option_strings[0] not in OF_A_SCENE_FILE
    ]
    assert {"--range", "--preset", "--statistic", "--shown", "--fade-frames", "--python"} <= {
        action.option_strings[0] for action in options
    }
    for action in options:
        given = as_arguments(action)
        assert main(["render", "scene.blend", "--output", "x.png", *given]) == 2
        error = capsys.readouterr().err
        assert "scene.blend is a scene file" in error, given
        assert f": {given[0]}. " in error
        assert "Name the model file instead" in error


def test_all_options_that_do_not_apply_are_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--range", "-1..1", "--disable", "a:0", "--disable", "b:0", "--engine", "cycles", "--invert"]
    assert main(["render", "scene.blend", "--output", "x.png", *given]) == 2
    error = capsys.readouterr().err
    assert ": --invert, --range, --disable. " in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import"], ["MODEL"]),
        (["import", "nowhere.keras"], ["nowhere.keras"]),
        (["import", DIGITS / "images" / "digit-000.png"], ["digit-000.png", "PNG"]),
        (["import", MODEL, "--samples", "no-such-folder"], ["no-such-folder"]),
        (["import", MODEL, "--resolution", "large"], ["large", "1920x1080"]),
        (["import", MODEL, "--resolution", "2x2"], ["2x2", "4 to 65,536"]),
        (["import", MODEL, "--range", "1"], ["-1..1"]),
        (["import", MODEL, "--range", "0..inf"], ["-1..1", "'inf' is not a number"]),
        (["import", MODEL, "--mean", "0.5,x"], ["--mean", "'x' is not a number"]),
        (["import", MODEL, "--std", "1,0,1"], ["--std", "divided"]),
        (["import", MODEL, "--open", "some"], ["--open", "'some'", "auto, all, none", "levels"]),
        (["import", MODEL, "--volume", "1.5"], ["--volume", "'maximum'", "0 to 1"]),
        (["import", MODEL, "--map-pixels", "-1"], ["--map-pixels", "'-1'", "0 to 2,147,483,647"]),
        (["import", MODEL, "--max-neurons", "0"], ["--max-neurons", "'0'", "1 to 2,147,483,647"]),
        (["import", MODEL, "--max-neurons", "many"], ["--max-neurons", "'many' is not a whole number"]),
        (["import", MODEL, "--max-layer-neurons", "2147483648"], ["--max-layer-neurons", "1 to 2,147,483,647"]),
        (["import", MODEL, "--shown", "257"], ["--shown", "1 to 256"]),
        (["import", MODEL, "--order", "last"], ["--order", "uncertain"]),
        (["import", MODEL, "--theme", "neon"], ["--theme", "neon", "studio", "paper"]),
        (["import", MODEL, "--fade-frames", "-1"], ["--fade-frames", "0 to 100,000"]),
        (["import", MODEL, "--render", "x.png", "--no-stage"], ["--no-stage", "not allowed with", "--render"]),
        (["import", MODEL, "--engine", "eevee", "--resolution", "80x60"], ["--engine, --resolution", "Add --render"]),
        (["render", "nowhere.blend", "--output", "x.png"], ["nowhere.blend"]),
        (["render", "nowhere.blend", "--output", "x.jpg"], ["x.jpg", ".png"]),
        (["render", "nowhere.blend", "--output", "x.mp4"], ["x.mp4", "--animation"]),
        (["render", "nowhere.blend", "--animation", "--output", "x.png"], ["x.png", ".mp4"]),
        (["render", "nowhere.blend", "--frames", "9-2", "--output", "x.mp4"], ["9-2", "backwards"]),
        (["render", "nowhere.blend", "--animation", "--frame", 2, "--output", "x.mp4"], ["--frame", "--frames A-B"]),
        (["setup-tensorflow", "--build", "quantum"], ["quantum", "cpu"]),
        (["import", MODEL, "--colour", "rgb"], ["grey"]),
        (["import", MODEL, "--max-samples", 1, "--mean", "0,0"], ["mean", "2 numbers", "1 channel"]),
        (["import", MODEL, "--max-samples", 1, "--disable", "nowhere:0"], ["nowhere", "conv_1"]),
        (["import", MODEL, "--max-samples", 1, "--gain", "dense_1:64=1"], ["dense_1", "0 to 63"]),
    ],
)
@pytest.mark.usefixtures("kept_workers")
def test_bad_input_is_one_clear_message(
    arguments: list[object], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(argument) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert error.count("Error: ") == 1
    for word in words:
        assert word in error


def test_the_exit_code_reaches_the_shell() -> None:
    done = run("import")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")


def test_values_that_begin_with_a_minus_are_values() -> None:
    options = make_parser().parse_args(["import", "m.keras", "--range", "-1..1", "--mean", "-.5,0,1", "--frame", "-3"])
    assert (options.range, options.mean, options.frame) == ((-1.0, 1.0), (-0.5, 0.0, 1.0), -3)


def test_neurons_are_limited_by_the_budget_or_by_any_number_that_is_given() -> None:
    by_default = make_parser().parse_args(["import", "m.keras"])
    assert (by_default.max_neurons, by_default.max_layer_neurons) == (Budget().neurons, Budget().layer_neurons)
    for limit in (Budget.neurons, 5 * Budget.neurons):
        given = make_parser().parse_args(["import", "m.keras", "--max-neurons", str(limit)])
        assert given.max_neurons == limit
