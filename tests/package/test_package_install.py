"""The zip installs, enables and goes away without a trace."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def life(extension_zip, tmp_path_factory):
    """What happened to the extension in a Blender with an empty user folder."""
    variables = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path_factory.mktemp("user"))}
    del variables["PYTHONPATH"]  # the installed copy must stand alone
    script = Path(__file__).with_name("life_of_extension.py")
    answer = subprocess.run(
        [sys.executable, script, extension_zip], env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


def test_zip_holds_the_extension_and_nothing_else(extension_zip):
    names = zipfile.ZipFile(extension_zip).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops <= {"__init__.py", "blender_manifest.toml", "LICENSE", "README.md", "nn_blender"}
    assert {"__init__.py", "blender_manifest.toml", "LICENSE", "nn_blender/__init__.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith((".blend1", ".pyc"))]


def test_zip_says_what_the_worker_needs(extension_zip):
    assert "nn_blender/worker/requirements.txt" in zipfile.ZipFile(extension_zip).namelist()


def test_zip_holds_the_examples_with_their_models_and_samples(extension_zip):
    sizes = {info.filename: info.file_size for info in zipfile.ZipFile(extension_zip).infolist()}
    for name in ("digits", "branched_digits"):
        assert 1_000_000 < sizes[f"nn_blender/examples/{name}.blend"] < 3_000_000
        assert f"nn_blender/examples/{name}.keras" in sizes
    assert "nn_blender/examples/labels.csv" in sizes
    assert len([name for name in sizes if name.startswith("nn_blender/examples/images/")]) == 100


def test_zip_is_small_apart_from_the_examples(extension_zip):
    files = zipfile.ZipFile(extension_zip).infolist()
    assert sum(info.compress_size for info in files if "/examples/" not in info.filename) < 2_000_000
    assert extension_zip.stat().st_size < 8_000_000


def test_enabling_registers_operators_panels_and_preferences(life):
    kinds = {entry.split(".")[0] for entry in life["added"]}
    assert {"class Operator", "class Panel", "class AddonPreferences"} <= kinds
    assert life["preferences"] != "NoneType"


def test_disabling_leaves_nothing_behind(life):
    assert life["left after disabling"] == []


def test_enabling_again_registers_the_same(life):
    assert life["added again"] == life["added"]


def test_disabling_again_leaves_nothing_behind(life):
    assert life["left at the end"] == []
