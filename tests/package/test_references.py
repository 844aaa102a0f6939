"""What docstrings and comments name between single backticks exists; double ones hold anything else."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "nn_blender"
REFERENCE = re.compile(r"(?<!`)`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)`(?!`)")
SOURCES = {file: file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))}


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def names_in(tree: ast.AST) -> set[str]:
    """Give all names that occur in a module: what it defines, imports, takes as arguments and asks of objects."""
    attributes = ("name", "id", "arg", "attr", "asname", "module")
    found = {getattr(node, attribute, None) for node in ast.walk(tree) for attribute in attributes}
    return {part for name in found if isinstance(name, str) for part in name.split(".")}


NAMES = {module_name(file): names_in(ast.parse(source)) for file, source in SOURCES.items()}
KNOWN = set().union(*NAMES.values(), *(name.split(".") for name in NAMES))


def modules(name: str) -> list[str]:
    """Give the modules that a name may mean, which may leave out folders at its beginning."""
    return [module for module in NAMES if f".{module}".endswith(f".{name}")]


def exists(reference: str) -> bool:
    """Whether a reference is a module, something in a module, or else at least made of names that occur somewhere."""
    parts = reference.split(".")
    for count in range(len(parts), 0, -1):
        found = modules(".".join(parts[:count]))
        if found:
            return any(set(parts[count:]) <= NAMES[module] for module in found)
    return set(parts) <= KNOWN


def texts(source: str) -> Iterator[str]:
    """Give the docstrings and comments of a module, those of its constants among them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def test_a_reference_to_what_is_gone_would_be_found():
    assert exists("core.layout.budgets.Estimate")
    assert exists("budgets.Estimate")
    assert not exists("core.layout.budgets.Gone")
    assert not exists("core.gone.Estimate")


def test_what_docstrings_and_comments_refer_to_exists():
    found = [(file, REFERENCE.findall("\n".join(texts(source)))) for file, source in SOURCES.items()]
    assert sum(len(names) for _, names in found) > 100
    gone = [f"{file.relative_to(PACKAGE)}: {name}" for file, names in found for name in names if not exists(name)]
    assert gone == []
