"""A package index in a folder: wheels of a few bytes, made here, so that setting up takes seconds and no network."""

import base64
import hashlib
import zipfile
from pathlib import Path

from nn_blender.engine.tensorflow.builds import MB, Addition, Variant, this_system


def make_wheel(folder: Path, name: str, version: str, files: dict[str, str], needs: str = "") -> Path:
    """Write a wheel that holds the files, by their path; it may name a package that it needs."""
    records = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{records}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{records}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{records}/RECORD"] = "\n".join([*record, f"{records}/RECORD,,", ""])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def make_index(folder: Path) -> Path:
    """Two packages, one of them in two versions, and one that names another that is nowhere."""
    for version in ("1.0", "2.0"):
        parts = {"alpha/__init__.py": f"version = {version!r}\n", "alpha/inner/data.txt": "some data\n" * 100}
        make_wheel(folder, "alpha", version, parts)
    make_wheel(folder, "beta_tools", "1.0", {"beta_tools.py": "import alpha\n"})
    make_wheel(folder, "old_alpha", "2.0", {"old_alpha.py": "import alpha\n"}, needs="alpha-by-another-name")
    return folder


def make_variant(requirements: Path, text: str = "alpha==1.0\nbeta-tools==1.0\n", **changes) -> Variant:
    """A variant whose packages come from such an index."""
    requirements.write_text(text)
    choices = {
        "name": "small",
        "label": "Small",
        "requirements": requirements,
        "systems": (this_system(),),
        "size_to_download": 1 * MB,
        "size_on_disk": 30 * MB,
        "modules": ("alpha", "beta_tools"),
    }
    return Variant(**{**choices, **changes})


def make_addition(requirements: Path, text: str = "old_alpha==2.0\n") -> Addition:
    """What may be added to a variant from such an index."""
    requirements.write_text(text)
    return Addition("Old Alpha", requirements, ("old_alpha",))


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
