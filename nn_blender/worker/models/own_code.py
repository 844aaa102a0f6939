"""Finds the Python code that a user names for a model: its files and their hash, without running any of it."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path

from ...core.errors import UserError

LARGEST = 16 << 20
"""Bytes of a file of code; a larger one is none."""
_PACKAGE = "__init__.py"
_PLAIN = "own_classes_"
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class OwnCode:
    """A module of the user's, with all modules of its own that it imports.

    Attributes:
        given: as the user named it.
        module: dotted name by which it is imported.
        files: path and content of every module, by dotted name; nothing else of the user's is ever run.
    """

    given: str
    module: str
    files: dict[str, tuple[Path, bytes]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """For people."""
        return Path(self.given).name if is_file(self.given) else self.given

    @property
    def sha256(self) -> str:
        """Hash over names and contents of all modules."""
        digest = hashlib.sha256()
        for name, (path, content) in sorted(self.files.items()):
            digest.update(f"{name}\0{path.name == _PACKAGE}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()


def is_file(given: str) -> bool:
    """Whether a file or folder is meant, and not the name of a module."""
    return given.endswith(".py") or os.sep in given or "/" in given


def find_own_code(given: str) -> OwnCode:
    """Read a module and those of its own folder or package that it imports.

    Args:
        given: absolute path of a Python file or of a package's folder, or the dotted name of a module that this Python
            can import.

    Raises:
        UserError: codes ``classes.missing``, ``classes.unreadable``.
    """
    place = _place_of_file(Path(given)) if is_file(given) else _place_of_module(given)
    code = OwnCode(given, place.module)
    waiting: list[tuple[str, Path | None]] = [(place.module, place.path)]
    while waiting:
        name, path = waiting.pop()
        if name in code.files or path is None or (place.within and name.partition(".")[0] != place.within):
            continue
        content = _read(path)
        code.files[name] = path, content
        package = name if path.name == _PACKAGE else name.rpartition(".")[0]
        waiting += [(other, _file_of(place.folder, other)) for other in (*_parents(name), *_imports(content, package))]
    return code


@dataclass(frozen=True)
class _Place:
    """Where a module is.

    Attributes:
        folder: that its imports start from.
        module: its dotted name.
        within: package that its imports are followed in; empty for all that is in the folder.
    """

    path: Path
    folder: Path
    module: str
    within: str = ""


def _place_of_file(path: Path) -> _Place:
    """A file in no package gets a name that no library has; those in packages need theirs."""
    if path.is_dir():
        path /= _PACKAGE
    if not path.is_file():
        raise UserError(
            "classes.missing",
            f"There is no {path}, which was named for the model's Python classes.",
            "Name the Python file that defines them.",
        )
    names = [] if path.name == _PACKAGE else [path.stem]
    folder = path.parent
    while (folder / _PACKAGE).is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    if folder == path.parent:
        module = f"{_PLAIN}{re.sub(r'[^A-Za-z0-9]', '_', path.stem)}"
        return _Place(path, folder, module, module if str(folder) in sys.path else "")
    return _Place(path, folder, ".".join(names), names[0])


def _place_of_module(given: str) -> _Place:
    """Finders are asked for the outermost package only, since they would run it to look for a deeper one."""
    top = given.partition(".")[0]
    found = PathFinder.find_spec(top) if _DOTTED.fullmatch(given) else None
    if found is not None and found.origin and found.origin.endswith(".py"):
        origin = Path(found.origin)
        folder = origin.parent.parent if origin.name == _PACKAGE else origin.parent
        path = _file_of(folder, given)
        if path is not None:
            return _Place(path, folder, given, top)
    raise UserError(
        "classes.missing",
        f"The Python that runs TensorFlow ({sys.executable}) has no module {given}, which was named for the model's "
        "Python classes.",
        "Name a Python file, or install the package there.",
    )


def _file_of(folder: Path, name: str) -> Path | None:
    place = folder.joinpath(*name.split("."))
    return next((path for path in (place / _PACKAGE, place.with_name(f"{place.name}.py")) if path.is_file()), None)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}."
        raise UserError("classes.unreadable", message, "Check the file's permissions.") from error
    if len(content) > LARGEST:
        raise UserError("classes.unreadable", f"{path} is no Python code.", "Name the file that defines the classes.")
    return content


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _imports(content: bytes, package: str) -> Iterator[str]:
    """Names that a module's import statements may mean as modules; none where it cannot be parsed."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if package else []
            base = ".".join([*parts[: len(parts) + 1 - node.level], *filter(None, [node.module])]) if node.level else ""
            base = base or node.module or ""
            yield base
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)
