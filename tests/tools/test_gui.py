"""The window suite runs in an old and in the newest Blender, and goes on where the newest cannot be had."""

import os
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from devtools import gui, gui_root, gui_run
from devtools.commands import main
from devtools.console import DevError
from devtools.environments import STAMP
from devtools.gui_root import SID, TRIXIE, WINDOWED, remove_outdated, root_name
from devtools.results import Outcome

MARCH, LATER_IN_MARCH, APRIL = date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)
VERSIONS = {"trixie": "4.3.2", "sid": "5.2.2"}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with no Blender of its own, and roots of which those named in `unreachable` cannot be made."""
    unreachable = {}

    def make(debian):
        if debian.suite in unreachable:
            raise DevError(unreachable[debian.suite])
        root = tmp_path / debian.suite
        root.mkdir(exist_ok=True)
        (root / STAMP).write_text(f"Blender {VERSIONS[debian.suite]}\n")
        return root

    monkeypatch.delenv("NN_BLENDER_BINARY", raising=False)
    monkeypatch.setattr(gui.shutil, "which", lambda name: None)
    monkeypatch.setattr(gui, "gui_root", make)
    monkeypatch.setattr(gui, "_interpreter_paths", lambda worker, root: ())
    monkeypatch.setattr(gui, "build", lambda: tmp_path / "extension.zip")
    monkeypatch.setattr(gui, "python_of", lambda environment: tmp_path / "python")
    monkeypatch.setattr(gui_run, "PICTURES", tmp_path / "pictures")
    monkeypatch.setattr(gui, "POLL_SECONDS", 0)
    return unreachable


class FakeRun:
    """A scenario that ends when it has been asked three times whether it has."""

    def __init__(self, stage, scenario, *_):
        self.stage, self.name, self.asked, self.stopped = stage, scenario.stem, 0, False

    def ended(self):
        self.asked += 1
        return self.asked > 2

    def stop(self):
        self.stopped = True

    def outcome(self):
        return Outcome(self.name, self.stage.version, 1, 0, 0, 0.0)


@pytest.fixture
def ran(machine, monkeypatch):
    """Which scenarios ran in which Blender, in place of running them."""
    pairs = []

    def start(stage, scenario, *others):
        pairs.append((stage.version, scenario.stem))
        return FakeRun(stage, scenario, *others)

    monkeypatch.setattr(gui, "Run", start)
    return pairs


def blenders(ran):
    return {version for version, _ in ran}


def test_without_a_blender_of_its_own_a_machine_runs_both(ran):
    assert main(["gui", "test_install", "test_picking"]) == 0
    assert sorted(ran) == [(v, name) for v in ("4.3.2", "5.2.2") for name in ("test_install", "test_picking")]


def test_the_newest_runs_all_scenarios_and_the_older_those_about_what_differs(ran):
    assert main(["gui"]) == 0
    all_scenarios = {path.stem for path in gui.SCENARIOS.glob("test_*.py")}
    assert {name for version, name in ran if version == "5.2.2"} == all_scenarios
    assert {name for version, name in ran if version == "4.3.2"} == all_scenarios - gui.IN_NEWEST
    assert all_scenarios > gui.IN_NEWEST


@pytest.mark.parametrize(("name", "version"), [("4.3", "4.3.2"), ("newest", "5.2.2")])
def test_one_blender_can_be_chosen(ran, name, version):
    assert main(["gui", "--blender", name, "test_install"]) == 0
    assert ran == [(version, "test_install")]


def test_a_blender_of_this_machine_is_the_only_one(ran, monkeypatch):
    monkeypatch.setenv("NN_BLENDER_BINARY", "/opt/blender")
    monkeypatch.setattr(gui.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(gui, "_version", lambda binary: (4, 5, 3))
    assert main(["gui", "test_install"]) == 0
    assert blenders(ran) == {"4.5.3"}


def test_a_chosen_blender_goes_before_the_one_of_this_machine(ran, monkeypatch):
    monkeypatch.setenv("NN_BLENDER_BINARY", "/opt/blender")
    monkeypatch.setattr(gui, "_version", lambda binary: (4, 5, 3))
    assert main(["gui", "--blender", "newest", "test_install"]) == 0
    assert blenders(ran) == {"5.2.2"}


def test_a_blender_that_is_too_old_does_not_count(ran, monkeypatch):
    monkeypatch.setenv("NN_BLENDER_BINARY", "/opt/blender")
    monkeypatch.setattr(gui, "_version", lambda binary: (3, 4, 1))
    assert main(["gui", "test_install"]) == 0
    assert blenders(ran) == {"4.3.2", "5.2.2"}


def test_each_blender_has_pictures_of_its_own(machine):
    stages, _ = gui.prepare(list(WINDOWED), Path("python"))
    assert [stage.pictures.relative_to(gui_run.PICTURES).as_posix() for stage in stages] == ["4.3", "5.2"]


def test_where_sid_cannot_be_had_the_suite_says_so_and_goes_on(ran, machine, capsys):
    machine["sid"] = "[gui] apt-get failed with exit code 100:\n  Reading\n  E: Unable to locate package blender"
    assert main(["gui", "test_install"]) == 0
    assert blenders(ran) == {"4.3.2"}
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("gui ")]
    assert line.split()[:5] == ["gui", "newest", "0", "0", "1"]
    assert line.endswith("not run: Debian sid with its Blender cannot be had: E: Unable to locate package blender")


@pytest.mark.parametrize(("lost", "arguments"), [("sid", ["--blender", "newest"]), ("trixie", [])])
def test_what_must_be_there_and_is_not_fails(ran, machine, lost, arguments):
    machine[lost] = "no mirror"
    assert main(["gui", *arguments, "test_install"]) == 1
    assert ran == []


def test_an_unknown_scenario_is_refused(ran, capsys):
    assert main(["gui", "test_install", "test_nonsense"]) == 1
    assert "test_nonsense" in capsys.readouterr().out
    assert ran == []


def fake_runs(count):
    stage = gui_run.Stage("blender", "4.3.2", None)
    return [FakeRun(stage, Path(f"test_{number}.py")) for number in range(count)]


def test_two_scenarios_run_side_by_side_and_never_three(monkeypatch):
    monkeypatch.setattr(gui, "POLL_SECONDS", 0)
    runs, at_once = fake_runs(5), []

    def start(number):
        at_once.append(1 + sum(0 <= run.asked < 3 for run in runs[:number]))
        return runs[number]

    assert [o.suite for o in gui.run_side_by_side(5, start, 2)] == [run.name for run in runs]
    assert max(at_once) == 2


def test_no_scenario_goes_on_when_the_run_is_broken_off(monkeypatch):
    runs = fake_runs(2)
    monkeypatch.setattr(gui.time, "sleep", lambda seconds: pytest.fail("broken off"))
    with pytest.raises(pytest.fail.Exception):
        gui.run_side_by_side(2, runs.__getitem__, 2)
    assert [run.stopped for run in runs] == [True, True]


@pytest.mark.skipif(os.name == "nt", reason="the window is tested on Linux")
def test_a_scenario_that_takes_too_long_is_ended_and_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gui_run, "PICTURES", tmp_path / "pictures")
    monkeypatch.setattr(gui_run, "SECONDS_ALLOWED", 0.2)
    monkeypatch.setattr(gui_run, "_session", lambda *arguments: ["sleep", "60"])
    (tmp_path / "extension.zip").touch()
    stage = gui_run.Stage("blender", "4.3.2", None)
    run = gui_run.Run(stage, Path("test_slow.py"), tmp_path / "extension.zip", Path("python"), 99)
    while not run.ended():
        time.sleep(0.05)
    assert (run.outcome().passed, run.outcome().failed) == (0, 1)
    assert "no result" in capsys.readouterr().out


def test_a_root_is_kept_for_a_month_where_its_blender_changes():
    assert root_name(SID, MARCH) == root_name(SID, LATER_IN_MARCH) != root_name(SID, APRIL)
    assert root_name(TRIXIE, MARCH) == root_name(TRIXIE, APRIL)


@pytest.mark.parametrize("debian", [SID, TRIXIE])
def test_another_list_of_packages_gives_another_root(debian):
    assert root_name(replace(debian, packages=(*debian.packages, "gimp")), MARCH) != root_name(debian, MARCH)


def test_only_outdated_roots_of_the_same_suite_are_removed(tmp_path):
    outdated = tmp_path / root_name(SID, MARCH)
    kept = [tmp_path / root_name(SID, APRIL), tmp_path / root_name(TRIXIE, MARCH)]
    for root in (outdated, *kept):
        (root / "usr").mkdir(parents=True)
        root.with_name(f"{root.name}.lock").touch()
    remove_outdated(SID, tmp_path, APRIL)
    assert sorted(path for path in tmp_path.iterdir() if path.is_dir()) == sorted(kept)
    assert not outdated.with_name(f"{outdated.name}.lock").exists()


def test_a_finished_root_is_used_without_making_it(tmp_path, monkeypatch):
    monkeypatch.setenv("NN_BLENDER_CACHE", str(tmp_path))
    root = tmp_path / "gui" / root_name(SID, date.today())
    root.mkdir(parents=True)
    (root / STAMP).write_text("Blender 5.2.2\n")
    monkeypatch.setattr(gui_root, "_make", None)
    assert gui_root.gui_root(SID) == root


def test_pictures_of_scenarios_that_passed_become_those_of_the_guide(tmp_path, monkeypatch):
    pictures = tmp_path / "out" / "5.2"
    pictures.mkdir(parents=True)
    for name in ("test_a_guide-start.png", "test_a_other.png", "test_b_guide-end.png"):
        (pictures / name).write_text(name)
    monkeypatch.setattr(gui, "GUIDE", tmp_path / "guide")
    monkeypatch.setattr(gui_run, "PICTURES", tmp_path / "out")
    stage = gui_run.Stage("blender", "5.2.2", None)
    passed, failed = Outcome("test_a", "5.2.2", 3, 0, 0, 1.0), Outcome("test_b", "5.2.2", 2, 1, 0, 1.0)
    gui.keep_pictures(stage, [Outcome("test_a", "4.3.2", 3, 0, 0, 1.0), passed, failed])
    assert [picture.name for picture in (tmp_path / "guide").iterdir()] == ["start.png"]
    assert (tmp_path / "guide" / "start.png").read_text() == "test_a_guide-start.png"
