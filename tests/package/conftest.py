"""The zip that users install, built once by the tool of the Blender version under test."""

import sys
from pathlib import Path

import pytest

from devtools import packaging
from devtools.environments import BLENDERS, finished_python


def _tested_version() -> str:
    """Give the Blender version whose environment runs these tests; bpy itself stays out of this process."""
    ready = {version: finished_python(environment) for version, environment in BLENDERS.items()}
    return next(version for version, python in ready.items() if python == Path(sys.executable))


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packaging.build(tmp_path_factory.mktemp("build") / "nn_blender.zip", _tested_version())
