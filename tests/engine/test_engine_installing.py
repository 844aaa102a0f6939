"""The parts of a set-up: reading what pip prints, ending with the parent, finding interpreters, builds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from package_index import make_variant

from nn_blender.engine.jobs import Job
from nn_blender.engine.programs import END_WITH_PARENT
from nn_blender.engine.tensorflow import builds
from nn_blender.engine.tensorflow.base_python import ways_to_make
from nn_blender.engine.tensorflow.builds import VARIANTS, variants
from nn_blender.engine.tensorflow.packages import name_of
from nn_blender.engine.tensorflow.pip_output import PipProgress, failure
from nn_blender.engine.tensorflow.pythons import Python, find_interpreters

REFUSED = "WARNING: Retrying (Retry(total=4)) after connection broken by '{}': /simple/alpha/\n"
NOTHING_FOUND = (
    "ERROR: Could not find a version that satisfies the requirement alpha==1.0 (from versions: {})\n"
    "ERROR: No matching distribution found for alpha==1.0\n"
)
SLEEPER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("log", "code"),
    [
        (REFUSED.format("NewConnectionError('Connection refused')") + NOTHING_FOUND.format("none"), "offline"),
        (REFUSED.format("NameResolutionError('Name or service not known')") + NOTHING_FOUND.format("none"), "offline"),
        (REFUSED.format("ProxyError('Cannot connect to proxy.', OSError('407'))"), "proxy"),
        (REFUSED.format("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))"), "certificate"),
        (NOTHING_FOUND.format("none"), "no_wheel"),
        (REFUSED.format("ReadTimeoutError('…')") + NOTHING_FOUND.format("0.1, 0.2"), "no_wheel"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n", "disk_full"),
        ("ERROR: Could not install packages due to an OSError: [WinError 112] There is not enough\n", "disk_full"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: 'x'\n", "unwritable"),
        ("ERROR: … [Errno 2] No such file\nHINT: …\nERROR: Windows Long Path support enabled\n", "long_path"),
        ("ERROR: Something new.\n", "pip_failed"),
        ("", "pip_failed"),
        ("Collecting a-permission-denied-package\nERROR: Something new.\n", "pip_failed"),
    ],
)
def test_a_failure_of_pip_is_understood(log, code):
    error = failure(1, log, Path("folder"))
    assert error.code == f"environment.{code}"
    assert error.fix
    assert error.details == log
    assert "{" not in error.message


def test_a_killed_pip_hints_at_memory():
    assert "memory" in failure(-9, "Collecting alpha\n", Path("folder")).fix


def test_progress_of_a_download_comes_from_the_growing_file(tmp_path, monkeypatch):
    monkeypatch.setattr("nn_blender.engine.tensorflow.pip_output.LOOK_SECONDS", 0.0)
    variant = make_variant(tmp_path / "requirements.txt", size_to_download=300_000_000)
    pip = PipProgress(variant, tmp_path, tmp_path)
    assert pip.look(["Collecting alpha==1.0 (from -r x)"]).message == "Choosing packages: alpha"
    pip.look(["  Downloading alpha-1.0-py3-none-any.whl.metadata (1.2 kB)"])
    pip.look(["Downloading https://an.index/alpha-1.0-py3-none-any.whl (250.0 MB)"])
    (tmp_path / "pip-unpack-x").mkdir()
    with (tmp_path / "pip-unpack-x" / "alpha-1.0-py3-none-any.whl").open("wb") as file:
        file.truncate(100_000_000)
    half = pip.look([])
    assert half.message == "Downloading alpha (100.0 of 250.0 MB): 100 of about 300 MB"
    assert half.fraction == pytest.approx(0.7 / 3, abs=0.01)
    (tmp_path / "alpha-1.0.dist-info").mkdir()
    (tmp_path / "alpha-1.0.dist-info" / "INSTALLER").touch()
    last = pip.look(["Installing collected packages: alpha, beta_tools"])
    assert last.message == "Installing beta-tools: 2 of 2 packages"
    assert last.fraction > half.fraction


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tensorflow_cpu-2.21.0-cp311-cp311-win_amd64.whl", "tensorflow-cpu"),
        ("opt_einsum-3.4.0.dist-info", "opt-einsum"),
        ("ml_dtypes==0.6.0", "ml-dtypes"),
        ("tensorflow[and-cuda]==2.21.0", "tensorflow"),
        ("Pygments", "pygments"),
    ],
)
def test_names_compare_in_one_form(text, name):
    assert name_of(text) == name


@pytest.mark.skipif(sys.platform == "win32", reason="needs process groups")
def test_what_must_end_with_its_parent_ends_with_its_children_when_we_are_gone(tmp_path, is_gone):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    process = subprocess.Popen(
        [sys.executable, "-P", str(END_WITH_PARENT), "sleeper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    child = int(process.stdout.readline())
    process.stdin.close()
    # Long before the minute after which they end by themselves.
    process.wait(timeout=20)
    assert is_gone(child, timeout=20)
    process.stdout.close()


def test_interpreters_of_this_computer_were_started_and_are_supported(tmp_path, monkeypatch):
    if sys.platform != "win32":
        shim = tmp_path / "python3.12"
        shim.write_text("#!/bin/sh\nexit 127\n")
        shim.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = Job(find_interpreters(), "Find").wait(timeout=60)
    assert all(python.supported and python.system and python.path.exists() for python in found)
    assert not [python for python in found if python.path.parent == tmp_path]
    versions = [tuple(map(int, python.version.split("."))) for python in found]
    assert versions == sorted(versions, reverse=True)


def test_an_environment_is_made_by_whatever_the_base_has():
    def modules(*has):
        python = Python(Path("python"), "3.12.1", has=has)
        return [command[3] for command in ways_to_make(python, Path("folder"))]

    assert modules("venv", "ensurepip", "pip") == ["venv"]
    assert modules("venv", "pip", "virtualenv") == ["virtualenv"]
    assert modules("venv", "pip") == ["venv", "pip"]
    assert modules("venv") == modules() == []


def test_a_computer_is_offered_what_is_published_for_it():
    assert [variant.name for variant in variants("linux-x86_64")] == ["cpu", "gpu"]
    assert [variant.name for variant in variants("win32-amd64")] == ["cpu"]
    assert [variant.name for variant in variants("darwin-arm64")] == ["cpu"]
    assert variants("darwin-x86_64") == ()
    assert all(variant.size_needed > variant.size_on_disk > variant.size_to_download for variant in VARIANTS)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_package_is_pinned(variant):
    lines = list(builds._lines(variant.requirements))
    pinned = {name_of(line) for line in lines if "==" in line.partition(";")[0]}
    assert {name_of(line) for line in lines} == pinned


def test_a_changed_pin_changes_the_fingerprint_and_a_comment_does_not(tmp_path):
    (tmp_path / "common.txt").write_text("beta==1.0\n")
    variant = make_variant(tmp_path / "some.txt", "# why\n-c common.txt\nalpha==1.0  # what for\n")
    before = variant.fingerprint
    variant.requirements.write_text("-c common.txt\nalpha==1.0\n")
    assert variant.fingerprint == before
    (tmp_path / "common.txt").write_text("beta==1.1\n")
    assert variant.fingerprint != before
