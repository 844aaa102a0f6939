"""Environments are pinned, found again, and made anew when a pin changes."""

import os
import sys
from dataclasses import replace

import pytest

from devtools import environments, pythons
from devtools.environments import EVERY, WORKER, folder_name, requirement_lines
from devtools.paths import REQUIREMENTS


@pytest.fixture
def requirements(tmp_path, monkeypatch):
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    (tmp_path / "common.txt").write_text("iniconfig==2.3.1  # why\n")
    (tmp_path / "some.txt").write_text("# what for\n-r common.txt\npluggy==1.7.0\n")
    return tmp_path


SOME = replace(WORKER, name="some", requirements="some.txt", without_dependencies=None)


@pytest.mark.parametrize("environment", EVERY, ids=lambda environment: environment.name)
def test_every_requirement_is_pinned_exactly(environment):
    files = [name for name in (environment.requirements, environment.without_dependencies) if name]
    lines = [line for name in files for line in requirement_lines(REQUIREMENTS / name)]
    assert lines
    assert [line for line in lines if "==" not in line.split(";")[0]] == []


def test_requirements_follow_other_files(requirements):
    assert list(requirement_lines(requirements / "some.txt")) == ["iniconfig==2.3.1", "pluggy==1.7.0"]


def test_a_changed_pin_in_a_followed_file_gives_another_environment(requirements):
    before = folder_name(SOME, "3.11")
    (requirements / "common.txt").write_text("iniconfig==2.3.2\n")
    assert folder_name(SOME, "3.11") != before


def test_a_changed_comment_keeps_the_environment(requirements):
    before = folder_name(SOME, "3.11")
    (requirements / "common.txt").write_text("iniconfig==2.3.1  # another reason\n")
    assert folder_name(SOME, "3.11") == before


def test_an_environment_without_its_stamp_is_not_used(requirements, tmp_path, monkeypatch):
    monkeypatch.setenv("NN_BLENDER_CACHE", str(tmp_path))
    python = environments._interpreter(tmp_path / "environments" / folder_name(SOME, "3.11"))
    python.parent.mkdir(parents=True)
    python.touch()
    assert environments.finished_python(SOME) is None
    (python.parent.parent / environments.STAMP).touch()
    assert environments.finished_python(SOME) == python


@pytest.mark.skipif(os.name == "nt", reason="Windows has no shebang lines")
def test_a_python_that_does_not_start_is_passed_over(tmp_path, monkeypatch):
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pythons.find_python("3.99") is None


def test_the_python_that_runs_is_found():
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert pythons.find_python(version) is not None
