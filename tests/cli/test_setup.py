"""What the command line says about TensorFlow's environment, and how it fails to make one without network."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
from command_line import run

OFFLINE = "--isolated --index-url http://127.0.0.1:9/simple --retries 0"
"""Arguments for pip: nobody listens there, and settings of this computer do not count."""


def test_a_setup_without_network_says_what_to_check_and_the_doctor_knows_of_it(tmp_path: Path) -> None:
    user = {"BLENDER_USER_RESOURCES": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    done = run("setup-tensorflow", "--build", "cpu", "--pip-arguments", OFFLINE, **user)
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    error = done.stderr[done.stderr.index("Error: ") :]
    assert "tensorflow" in error
    assert "Check the internet connection" in error

    done = run("doctor", **user)
    assert done.returncode == 0, done.stderr
    version, environment, online, builds, verdict = done.stdout.splitlines()
    assert version == f"Blender {bpy.app.version_string}"
    assert str(tmp_path) in environment
    assert environment.endswith("(incomplete)")
    assert online == "Online access: allowed"
    assert builds.startswith("Builds for this computer: ")
    assert "TensorFlow 2." in verdict
    assert " are ready." in verdict


def test_the_doctor_says_what_to_do_where_nothing_is_set_up(tmp_path: Path) -> None:
    done = run("doctor", BLENDER_USER_RESOURCES=str(tmp_path), NN_BLENDER_WORKER_PYTHON="")
    assert done.returncode == 2
    assert "(absent)" in done.stdout
    assert "Run setup-tensorflow" in done.stderr


def test_a_base_python_that_is_missing_is_named(tmp_path: Path) -> None:
    done = run("setup-tensorflow", "--python", tmp_path / "no-python", BLENDER_USER_RESOURCES=str(tmp_path / "user"))
    assert done.returncode == 3
    assert "no-python" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "user" / "datafiles").exists()
