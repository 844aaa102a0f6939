"""Checking an interpreter: each way of being wrong has its own message."""

import json
import platform
import shutil
import signal
import sys
from pathlib import Path

import pytest

from nn_blender.core.errors import UserError
from nn_blender.engine.jobs import Job, State
from nn_blender.engine.tensorflow.interpreter import check

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs shell scripts")
GOOD = {"tensorflow": "2.21.0", "keras": "3.15.1", "h5py": "3.14.0", "numpy": "2.4.6", "pillow": "13.0.0"}


@pytest.fixture
def check_with(tmp_path, fake_script):
    """Check the running interpreter with a worker that reports the given versions."""

    def check_with(versions):
        script = tmp_path / "fake_worker.py"
        shutil.copy(fake_script, script)
        script.with_name("versions.json").write_text(json.dumps(versions))
        return Job(check(Path(sys.executable), script), "Check").wait(timeout=10)

    return check_with


@pytest.fixture
def shell_python(tmp_path):
    def shell_python(body):
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{body}\n")
        python.chmod(0o755)
        return python

    return shell_python


def error_of(generator):
    with pytest.raises(UserError) as caught:
        Job(generator, "Check").wait(timeout=10)
    return caught.value


@pytest.mark.parametrize("versions", [GOOD, {"python": "3.11.7", **GOOD}])
def test_a_good_interpreter_is_reported(check_with, versions, temporary):
    report = check_with(versions)
    assert report.version == platform.python_version()
    assert report.packages == GOOD
    assert report.verdict == f"Python {report.version}, TensorFlow 2.21.0 and Keras 3.15.1 are ready."
    assert not list(temporary.iterdir())


def test_keras_2_is_mentioned_where_it_is_there(check_with):
    report = check_with({**GOOD, "tf_keras": "2.21.0"})
    assert report.packages == {**GOOD, "tf_keras": "2.21.0"}
    assert report.verdict.endswith("are ready. Keras 2 is there too (tf_keras 2.21.0).")


def test_a_keras_newer_than_tested_is_mentioned(check_with):
    assert "newer" in check_with({**GOOD, "keras": "3.17.0"}).verdict


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"tensorflow": None}, "interpreter.no_tensorflow", "has no TensorFlow"),
        ({"keras": "2.15.0"}, "interpreter.old_keras", "Keras 2.15.0"),
        ({"keras": "3.9.2"}, "interpreter.old_keras", "Keras 3.9.2"),
        ({"keras": ""}, "interpreter.old_keras", "no Keras"),
        ({"pillow": ""}, "interpreter.incomplete", "lacks pillow"),
    ],
)
def test_missing_and_old_packages_come_with_the_command_that_mends_it(check_with, change, code, says):
    with pytest.raises(UserError) as caught:
        check_with({**GOOD, **change})
    assert caught.value.code == code
    assert says in caught.value.message
    assert "-m pip install" in caught.value.fix


def test_a_missing_interpreter(tmp_path):
    error = error_of(check(tmp_path / "nowhere"))
    assert error.code == "interpreter.missing"
    assert "preferences" in error.fix


def test_a_folder_in_its_place(tmp_path):
    assert "bin/python" in error_of(check(tmp_path)).fix


@posix
def test_a_file_that_may_not_be_executed(tmp_path):
    file = tmp_path / "python"
    file.write_text("")
    assert error_of(check(file)).code == "interpreter.broken"


@posix
def test_a_shim_without_a_python_behind_it(shell_python):
    error = error_of(check(shell_python("echo 'pyenv: python3: command not found' >&2; exit 127")))
    assert error.code == "interpreter.broken"
    assert "exit code 127: pyenv: python3: command not found" in error.message


@posix
def test_a_program_that_is_no_python(shell_python):
    assert error_of(check(shell_python("echo hello"))).code == "interpreter.broken"


@posix
@pytest.mark.parametrize("version", ["2.7.18", "3.10.12", "3.14.0"])
def test_a_version_that_tensorflow_does_not_support(shell_python, version):
    error = error_of(check(shell_python(f"echo nn_blender-python {version}")))
    assert error.code == "interpreter.unsupported"
    assert version in error.message


def test_a_worker_that_dies_in_it(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import sys; sys.exit('Illegal instruction')")
    error = error_of(check(Path(sys.executable), script))
    assert error.code == "interpreter.broken"
    assert "Illegal instruction" in error.message


@posix
def test_cancelling_the_check_of_a_hanging_interpreter_ends_it(shell_python, started):
    job = Job(check(shell_python("sleep 60")), "Check")
    job.step()
    job.cancel()
    assert job.state is State.CANCELLED
    assert [process.returncode for process in started] == [-signal.SIGKILL]
