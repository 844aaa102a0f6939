"""Building and validating the extension with Blender's own tool, which needs neither Blender nor bpy to run."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

from .console import DevError
from .environments import BLENDERS, Environment, finished_python, preferred_blender, python_of, site_packages
from .paths import CHECKOUT, DIST


def build(archive: Path | None = None, blender: str | None = None) -> Path:
    """Build the extension from the checkout and validate checkout and zip.

    Args:
        archive: The file to write; `dist/nn_blender-VERSION.zip` when left out.
        blender: The version whose tool is used; the newest one that is installed when left out.

    Raises:
        DevError: Blender's tool refused the manifest or the files; the message is the tool's own.
    """
    manifest = tomllib.loads((CHECKOUT / "blender_manifest.toml").read_text(encoding="utf-8"))
    archive = archive or DIST / f"{manifest['id']}-{manifest['version']}.zip"
    archive.parent.mkdir(exist_ok=True)
    environment = BLENDERS[blender] if blender else _newest_installed()
    _extension_tool(environment, "validate", str(CHECKOUT))
    _extension_tool(environment, "build", "--source-dir", str(CHECKOUT), "--output-filepath", str(archive))
    _extension_tool(environment, "validate", str(archive))
    return archive


def _newest_installed() -> Environment:
    """The newest version knows the most rules; any version that is installed already is quicker than a download."""
    installed = [environment for environment in BLENDERS.values() if finished_python(environment)]
    return installed[-1] if installed else preferred_blender()


def _extension_tool(environment: Environment, command: str, *arguments: str) -> None:
    python = python_of(environment)
    scripts = next((site_packages(environment) / "bpy").glob("*.*/scripts"))
    tool = scripts / "addons_core/bl_pkg/cli/blender_ext.py"
    tags = scripts / "modules/_bpy_internal/extensions/tags.py"
    parts: list[str | Path] = [python, tool, command, "--valid-tags", tags, *arguments]
    answer = subprocess.run(parts, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise DevError(f"Blender's extension tool refuses to {command}:\n{answer.stdout}{answer.stderr}")
