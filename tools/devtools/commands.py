"""The commands of `tools/dev.py`: their help, and which module does the work."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .blender import checkout_variables, run, run_cli, with_worker
from .console import DevError, say
from .environments import BLENDERS, EVERY, WORKER, preferred_blender, python_of
from .explanations import draw_explanations
from .fuzz import KINDS as FUZZED
from .fuzz import run_fuzz
from .gui_root import WINDOWED
from .paths import CHECKOUT, OUT
from .reference import PAGE as COMMAND_LINE_PAGE


def demo(options: argparse.Namespace) -> int:
    """Import the digits network that comes with the checkout and render it."""
    scene, picture = OUT / "demo.blend", OUT / "demo.png"
    OUT.mkdir(exist_ok=True)
    digits = CHECKOUT / "sample_scenes" / "digits"
    arguments = ["import", digits / "digits.keras", "--samples", digits / "images", "--max-samples", "10"]
    arguments += ["--save", scene, "--render", picture, "--engine", "cycles"]
    arguments += ["--resolution", "1600x900", "--render-samples", "32"]
    code = run_cli(preferred_blender(), [str(argument) for argument in arguments])
    if code == 0:
        say(f"\nThe scene:   {scene}\nThe picture: {picture}")
    return code


def cli(options: argparse.Namespace) -> int:
    """Pass the arguments on to the extension's command line."""
    blender = BLENDERS[options.blender] if options.blender else preferred_blender()
    return run_cli(blender, options.passed_on)


def test(options: argparse.Namespace) -> int:
    """Run the linters and every suite in every environment it belongs to."""
    from .testing import run_tests

    return run_tests(options.blender, options.only, options.passed_on)


def lint(options: argparse.Namespace) -> int:
    """Check format, lint rules and types; or repair what can be repaired."""
    from .linting import fix, run_lint

    return fix() if options.fix else run_lint()


def bench(options: argparse.Namespace) -> int:
    """Measure speed and memory beside what people write without the extension."""
    from .bench import run_bench

    return run_bench(options.blender, options.only or (), options.quick, options.json)


def fuzz(options: argparse.Namespace) -> int:
    """Have damaged and hostile files read by the worker's code."""
    return run_fuzz(options.seed, options.mutations, options.only)


def package(options: argparse.Namespace) -> int:
    """Build and validate the extension's zip."""
    from .packaging import build

    say(str(build()))
    return 0


def gui(options: argparse.Namespace) -> int:
    """Run the scenarios of tests/gui in a Blender with a window."""
    from .gui import run_gui

    return run_gui(options.scenario, options.blender, keeps_pictures=options.pictures)


def samples(options: argparse.Namespace) -> int:
    """Train the sample networks anew."""
    maker = CHECKOUT / "tools" / "make_samples.py"
    return run([python_of(WORKER), maker, *options.passed_on], checkout_variables())


def examples(options: argparse.Namespace) -> int:
    """Write the example scenes anew, with the oldest Blender, whose files every later one opens."""
    oldest, *_ = BLENDERS.values()
    return run([python_of(oldest), CHECKOUT / "tools" / "make_examples.py"], with_worker(checkout_variables()))


def sheet(options: argparse.Namespace) -> int:
    """Import and render one of each kind of network and put the pictures side by side."""
    from .sheet import run_sheet

    return run_sheet(options.only or (), options.resume, options.quick)


def explanations(options: argparse.Namespace) -> int:
    """Explain answers of the sample networks for the pictures of docs/explanations.md."""
    return draw_explanations()


def docs(options: argparse.Namespace) -> int:
    """Write the pages and drawings of docs/ that are made from the code."""
    from .rooms import PICTURE, draw_rooms

    PICTURE.write_text(draw_rooms(), encoding="utf-8")
    maker = Path(__file__).with_name("reference.py")
    return run([python_of(preferred_blender()), maker, CHECKOUT / COMMAND_LINE_PAGE], checkout_variables())


def shell(options: argparse.Namespace) -> int:
    """Open an interactive Python in which `bpy` and `nn_blender` can be imported."""
    blender = BLENDERS[options.blender] if options.blender else preferred_blender()
    return run([python_of(blender), *options.passed_on], with_worker(checkout_variables()))


def env(options: argparse.Namespace) -> int:
    """Print the interpreters of the environments, making those that are missing."""
    if options.name:
        chosen = next(environment for environment in EVERY if environment.name == options.name)
        say(str(python_of(chosen)))
        return 0
    for environment in EVERY:
        say(f"{environment.name:12} {python_of(environment)}")
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Look at the machine and say what is missing."""
    from .doctor import examine

    return examine(fix=options.fix)


def main(arguments: Sequence[str]) -> int:
    """Run one command and give the process's exit code."""
    own, passed_on = _split(arguments)
    parser = _parser()
    options = parser.parse_args(own)
    if passed_on is not None and options.run not in PASSING_ON:
        parser.error(f"{options.command} takes no arguments after --")
    options.passed_on = passed_on or []
    try:
        return options.run(options)
    except DevError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nstopped")
        return 130


AddCommand = Callable[..., argparse.ArgumentParser]
PASSING_ON = (cli, test, samples, shell)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Take what follows the first `--` apart: it belongs to the program that the command starts."""
    if "--" not in arguments:
        return list(arguments), None
    place = list(arguments).index("--")
    return list(arguments[:place]), list(arguments[place + 1 :])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/dev.py",
        description="Developer commands. Environments are made once and kept in the user's cache folder "
        "(NN_BLENDER_CACHE names another place).",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)

    def add(
        name: str, function: Callable[[argparse.Namespace], int], text: str, usage: str | None = None
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, usage=usage)
        command.set_defaults(run=function)
        return command

    _add_products(add)
    _add_checks(add)
    _add_environments(add)
    return parser


def _add_blender(command: argparse.ArgumentParser, **how_many: Any) -> None:
    default = "default: 4.5 where Python 3.11 is here, else 5.2"
    command.add_argument("--blender", choices=list(BLENDERS), help=default, **how_many)


def _add_products(add: AddCommand) -> None:
    add("demo", demo, "import the digits network and write out/demo.blend and out/demo.png")
    command = add(
        "cli",
        cli,
        "the extension's command line on Blender's Python module: import, render, inspect, ...",
        "tools/dev.py cli [--blender VERSION] -- ARGUMENTS   (-- --help lists them)",
    )
    _add_blender(command)
    add("package", package, "build and validate the extension: dist/nn_blender-VERSION.zip")
    command = add(
        "sheet",
        sheet,
        "import one of each kind of network, render all in both themes and put the pictures side by side in "
        "sample_scenes/pictures/networks.jpg",
    )
    command.add_argument("--only", nargs="+", metavar="NETWORK", help="only these anew; the others stay as they are")
    command.add_argument("--resume", action="store_true", help="keep the pictures of a run that was stopped")
    command.add_argument("--quick", action="store_true", help="small pictures, put together in out/sheet/quick/")
    add("explanations", explanations, "explain sample networks' answers and put overlays into docs/pictures")
    add("docs", docs, "write the pages and drawings of docs/ that are made from the code")
    add("samples", samples, "train the networks of sample_scenes/ anew", "tools/dev.py samples [-- ARGUMENTS]")
    add("examples", examples, "write the scenes that come with the extension anew: nn_blender/examples/")


def _add_checks(add: AddCommand) -> None:
    command = add(
        "test",
        test,
        "check format, lint and types, then run all tests in the oldest and the newest Blender whose Python is here, "
        "and those of whole imports in the one between; "
        "with CI=true a version that cannot run is a failure",
        "tools/dev.py test [--blender 4.2 ...] [--only ROOM ...] [-- PYTEST ARGUMENTS]",
    )
    command.add_argument("--blender", nargs="+", choices=list(BLENDERS), metavar="VERSION", help="only these versions")
    command.add_argument("--only", nargs="+", metavar="ROOM", help="only these folders of tests/, or lint")
    command = add(
        "gui",
        gui,
        "run tests/gui in Blenders with a window on a virtual screen (Linux; as root, unless Blender and Xvfb are "
        "installed), the longest in the newest alone; pictures go to out/gui/VERSION/",
        "tools/dev.py gui [--blender 4.3|newest] [--pictures] [SCENARIO ...]",
    )
    command.add_argument("scenario", nargs="*", help="only these, such as test_install; default: all")
    command.add_argument(
        "--blender",
        action="append",
        choices=list(WINDOWED),
        help="4.3 is of Debian trixie, newest is of Debian sid; default: the Blender of NN_BLENDER_BINARY or on PATH, "
        "or else both",
    )
    command.add_argument(
        "--pictures", action="store_true", help="put the pictures for the user guide into docs/pictures/ afterwards"
    )
    command = add(
        "bench",
        bench,
        "measure speed, memory and file size beside an object per neuron; ratios are of one run on one machine",
    )
    command.add_argument("--quick", action="store_true", help="small cases and a smaller baseline, under 3 minutes")
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to this file")
    _add_blender(command, nargs="+", metavar="VERSION")
    command.add_argument(
        "--only", nargs="+", metavar="METRIC_OR_CASE", help="only these rows; baselines are measured anyway"
    )
    command = add(
        "fuzz",
        fuzz,
        "have mutated models, arrays, pictures and tables of labels read by the worker's code: each must be read or "
        "refused with a clear error; others are kept in out/fuzz/findings",
    )
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the same seed makes the same files; default: 0"
    )
    command.add_argument("--mutations", type=int, default=2000, metavar="N", help="how many files; default: 2000")
    command.add_argument("--only", choices=FUZZED, help="only files of this kind; default: all kinds")
    command = add("lint", lint, "check format, lint rules and types")
    command.add_argument("--fix", action="store_true", help="rewrite format and what the linter can repair")


def _add_environments(add: AddCommand) -> None:
    command = add(
        "shell",
        shell,
        "interactive Python with bpy and nn_blender",
        "tools/dev.py shell [--blender VERSION] [-- PYTHON ARGUMENTS]",
    )
    _add_blender(command)
    command = add("env", env, "print the path of each environment's Python, for scripts")
    command.add_argument("name", nargs="?", choices=[environment.name for environment in EVERY], help="only this one")
    command = add("doctor", doctor, "say what is missing on this machine and the command that installs it")
    command.add_argument("--fix", action="store_true", help="as root on Debian or Ubuntu: install what is missing")
