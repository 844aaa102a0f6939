"""Imports between the rooms of the house run one way."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "nn_blender"

MAY_IMPORT = {
    "core": set(),
    "worker": {"core"},
    "engine": {"core"},
    "scene": {"core"},
    "actions": {"core", "engine", "scene"},
    "ui": {"core", "engine", "scene", "actions"},
    "cli": {"core", "engine", "scene", "actions"},
    "__init__": {"ui", "cli"},
}
"""Room or module of the package, and the rooms it may import besides itself."""

LADDERS = {
    "core": (
        "maps", ".", "inputs", "outputs", "quantities", "explanations", "interventions", "layout", "blocks", "neurons",
        "samples", "description", "requests",
    ),
    "worker": ("common", "models", "samples", "running", "maps", "neurons", "interventions", "explanations", "."),
    "engine": (".", "tensorflow"),
    "scene": (
        "base", "nodes", "looks", "network", "samples", "layers", "maps", "inputs", "explanations", "outputs", "flow",
        "stage", "interventions", "blocks", "opening", "neurons", ".",
    ),
    "actions": (".", "samples", "maps", "network", "interventions", "neurons", "explanations"),
    "ui": (
        "common", "maps", "card", "tensorflow", "looks", "render", "blocks", "samples", "interventions", "network",
        "neurons", "explanations", "layers", "inspector", ".",
    ),
    "cli": (".",),
}  # fmt: skip
"""Folders of each room, "." being the files beside them. A folder imports only itself and folders before it."""

WITHOUT_BPY = ("core", "engine", "worker")
BLENDERS_MODULES = {"bpy", "bmesh", "mathutils", "gpu", "bpy_extras", "addon_utils", "aud", "blf", "idprop"}
TENSORFLOWS_MODULES = {"tensorflow", "keras", "tf_keras", "h5py", "PIL"}


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _sources(*rooms: str) -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not rooms or _room(path) in rooms]


def _inside(path: Path, node: ast.ImportFrom) -> list[tuple[str, ...]]:
    """Give the modules a relative import names, as paths below the package."""
    folder = path.relative_to(PACKAGE).parts[:-1]
    assert node.level <= len(folder) + 1, f"{path}:{node.lineno} imports from outside the package"
    base = folder[: len(folder) + 1 - node.level] + tuple(node.module.split(".") if node.module else ())
    return [base] if base else [(alias.name,) for alias in node.names]


def _imports(path: Path) -> tuple[set[str], set[str]]:
    """Give the rooms and the outside modules that a file imports, wherever in the file it does."""
    rooms, outside = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            outside |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            outside.add(node.module.split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            rooms |= {module[0] for module in _inside(path, node)}
    return rooms - {_room(path)}, outside


def _breaches(sources: list[Path], forbidden: set[str]) -> list[str]:
    found = [(path.relative_to(PACKAGE), _imports(path)[1] & forbidden) for path in sources]
    return [f"{path} imports {', '.join(sorted(modules))}" for path, modules in found if modules]


def test_every_file_stands_in_a_known_room():
    assert {_room(path) for path in _sources()} <= set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_room_imports_only_rooms_below_it(room):
    found = [(path.relative_to(PACKAGE), _imports(path)[0] - MAY_IMPORT[room]) for path in _sources(room)]
    assert [f"{path} imports {', '.join(sorted(rooms))}" for path, rooms in found if rooms] == []


def _folder(parts: tuple[str, ...]) -> str:
    """Give the folder of a room in which a module stands, given as path parts without suffix."""
    return parts[1] if len(parts) > 1 and (PACKAGE / parts[0] / parts[1]).is_dir() else "."


def _folders_imported(path: Path) -> set[str]:
    """Give the folders of its own room that a file imports from."""
    room, found = _room(path), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            for module in _inside(path, node):
                # `from . import name` in a room's own folder names modules or folders, not what they hold.
                modules = [(*module, alias.name) for alias in node.names] if len(module) == 1 else [module]
                found |= {_folder(module) for module in modules if module[0] == room}
    return found


@pytest.mark.parametrize("room", LADDERS)
def test_folder_of_a_room_imports_only_folders_before_it(room):
    ladder, breaches = LADDERS[room], []
    for path in _sources(room):
        own = _folder(path.relative_to(PACKAGE).with_suffix("").parts)
        assert own in ladder, f"{path.relative_to(PACKAGE)} stands in a folder without a place on the ladder"
        allowed = ladder[: ladder.index(own) + 1]
        breaches += [
            f"{path.relative_to(PACKAGE)} imports {other}/" for other in _folders_imported(path) if other not in allowed
        ]
    assert breaches == []


@pytest.mark.parametrize("folder", ["models", "samples"])
def test_reading_files_and_samples_needs_no_tensorflow(folder):
    sources = [path for path in _sources("worker") if _folder(path.relative_to(PACKAGE).parts) == folder]
    assert sources
    assert _breaches(sources, {"tensorflow", "keras", "tf_keras"}) == []


def test_no_file_imports_the_package_by_name():
    # In Blender the package is called bl_ext.<repository>.nn_blender.nn_blender.
    program = PACKAGE / "worker" / "__main__.py"  # It is started as a file, outside any package.
    sources = [path for path in _sources() if path != program]
    assert _breaches(sources, {"nn_blender"}) == []


@pytest.mark.parametrize("room", WITHOUT_BPY)
def test_room_works_without_blender(room):
    assert _breaches(_sources(room), BLENDERS_MODULES) == []


def test_only_the_worker_imports_tensorflow_and_its_company():
    assert _breaches(_sources(*(set(MAY_IMPORT) - {"worker"})), TENSORFLOWS_MODULES) == []


def test_core_needs_only_the_standard_library_and_numpy():
    outside = set().union(*(_imports(path)[1] for path in _sources("core")))
    assert outside - set(sys.stdlib_module_names) <= {"numpy"}
