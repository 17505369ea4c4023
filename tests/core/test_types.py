"""How much of core and services the type checker looks at: parameters of type Any, or of any document, switch it off."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_PERCENT = 8
_LOOSE = {"Any", "Document"}


def loose_parameters() -> tuple[list[str], int]:
    """Return the parameters whose type says nothing, as `path:line name`, and how many parameters there are.

    What names an alias of such a type (`Wire = dict[str, Any]`) counts as well."""
    trees = {path: ast.parse(path.read_text()) for path in _sources()}
    aliases = {path: set(_aliases(tree)) for path, tree in trees.items()}
    loose, total = [], 0
    for path, tree in trees.items():
        known = _LOOSE | aliases[path] | set(_imported(tree, aliases))
        for one in _parameters(tree):
            total += 1
            if one.annotation is None or _names(one.annotation) & known:
                loose.append(f"{path.relative_to(ROOT)}:{one.lineno} {one.arg}")
    return loose, total


def _sources() -> Iterator[Path]:
    for folder in ("core", "services"):
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts)


def _parameters(tree: ast.AST) -> Iterator[ast.arg]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            given = node.args
            named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            yield from (one for one in named if one is not None and one.arg not in ("self", "cls"))


def _aliases(tree: ast.Module) -> Iterator[str]:
    """The names of a module that stand for `dict[str, Any]` and the like."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and _names(node.value) & _LOOSE:
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _imported(tree: ast.Module, aliases: dict[Path, set[str]]) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            theirs = aliases.get(ROOT.joinpath(*node.module.split(".")).with_suffix(".py"), set())
            yield from (name.name for name in node.names if name.name in theirs)


def _names(annotation: ast.expr) -> set[str]:
    text = ast.unparse(annotation) if not isinstance(annotation, ast.Constant) else str(annotation.value)
    return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}


def test_few_parameters_switch_the_type_checker_off() -> None:
    loose, total = loose_parameters()
    assert len(loose) * 100 / total <= MOST_PERCENT, "\n".join(loose)


if __name__ == "__main__":
    found, all_of_them = loose_parameters()
    print(f"{len(found)} of {all_of_them} parameters ({len(found) * 100 / all_of_them:.1f} %)")
