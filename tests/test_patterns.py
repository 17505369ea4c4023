"""No pattern of ours can be made to run for long: all of them, on hostile texts made from each, at two lengths.

A pattern that this test cannot see (put together at run time) is a fault as well.
"""

import ast
import itertools
import re
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from django.urls import get_resolver
from hypothesis import given
from hypothesis import strategies as st

from core.api.routing import ContractPattern
from gateway.shadow.explanations import explanations
from services.auth.passwords import rules as passwords
from services.leads.leads import rules as leads

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("core", "services", "gateway", "ops", "docker", "helm")
METHODS = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")
# The routes' own, all of which are looked at as they are.
MADE_AT_RUN_TIME = {"gateway/shadow/explanations.py", "core/api/routing.py"}
# What no text of either length may take of the processor; what backtracks takes minutes.
SECONDS = 0.5
LENGTHS = (30, 30_000)
# Django's and the libraries' ways to keep a pattern.
KEEPERS = ("RegexValidator", "RegexField", "re_path", "SlugField", "regex", "pattern")


class Slow(Exception):
    pass


def sources() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls of the standard library's functions that take a pattern."""
    for node in ast.walk(tree):
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) == "re" and function.attr != "escape":
            yield node  # type: ignore[misc]


def methods_of(tree: ast.AST, call: ast.Call) -> set[str]:
    """What is done with a pattern: the function itself, or the methods called on the name that holds it compiled."""
    name = call.func.attr  # type: ignore[attr-defined]
    if name != "compile":
        return {name}
    names = {
        ast.unparse(node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and any(part is call for part in ast.walk(node))
    }
    used = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) in names)
    return {node.attr for node in used if node.attr in METHODS} or set(METHODS)


def _put_together(path: str, tree: ast.AST, call: ast.Call) -> re.Pattern[str] | None:
    """A pattern that a module puts together of its own parts as it is imported; None for any other."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Assign) and node.value is call and isinstance(node.targets[0], ast.Name):
            module = import_module(path.removesuffix(".py").replace("/", "."))
            made = getattr(module, node.targets[0].id)
            return made if isinstance(made, re.Pattern) else None
    return None


def patterns() -> dict[tuple[str, str, int], set[str]]:
    found: dict[tuple[str, str, int], set[str]] = {}
    for path, tree in sources():
        for call in calls(tree):
            if isinstance(call.args[0], ast.Constant):
                flags = re.IGNORECASE if "IGNORECASE" in ast.unparse(call) else 0
                found.setdefault((path, call.args[0].value, flags), set()).update(methods_of(tree, call))
            elif (made := _put_together(path, tree, call)) is not None:
                found.setdefault((path, made.pattern, made.flags & re.IGNORECASE), set()).update(methods_of(tree, call))
            else:
                assert path in MADE_AT_RUN_TIME or "re.escape" in ast.unparse(call.args[0]), (path, ast.unparse(call))
    for route in get_resolver().url_patterns:
        if isinstance(route.pattern, ContractPattern):
            made = route.pattern._expression
            found["core/api/routing.py", made.pattern, re.IGNORECASE] = {"fullmatch"}
    for rule in explanations():
        if rule.when:
            found["gateway/shadow/explanations.py", rule.when, 0] = {"search"}
    return found


PATTERNS = patterns()


def sample(parsed: Any) -> str:
    """A short text that a parsed pattern matches, more or less."""
    return "".join(_one(operator, argument) for operator, argument in parsed)


def _one(operator: Any, argument: Any) -> str:
    if operator is code.LITERAL:
        return chr(argument)
    if operator is code.NOT_LITERAL:
        return "x" if argument != ord("x") else "y"
    if operator is code.IN:
        return _among(argument)
    if operator is code.SUBPATTERN:
        return sample(argument[3])
    if operator is code.BRANCH:
        return sample(argument[1][0])
    if operator in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        return sample(argument[2]) * max(1, argument[0])
    if operator is code.ATOMIC_GROUP:
        return sample(argument)
    return "a" if operator is code.ANY else ""


def _among(members: Any) -> str:
    return next((letter for letter in "a0A .,-_@!\t\u00e9~\x00/" if _holds(members, letter)), "a")


def _holds(members: Any, letter: str) -> bool:
    classes = {
        code.CATEGORY_DIGIT: str.isdigit,
        code.CATEGORY_SPACE: str.isspace,
        code.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    }
    negated = {
        code.CATEGORY_NOT_DIGIT: code.CATEGORY_DIGIT,
        code.CATEGORY_NOT_SPACE: code.CATEGORY_SPACE,
        code.CATEGORY_NOT_WORD: code.CATEGORY_WORD,
    }
    held, number = False, ord(letter)
    for kind, value in members:
        if kind is code.LITERAL:
            held |= value == number
        elif kind is code.RANGE:
            held |= value[0] <= number <= value[1]
        elif kind is code.CATEGORY:
            held |= not classes[negated[value]](letter) if value in negated else classes[value](letter)
    return held != (members[0][0] is code.NEGATE)


def repeated(parsed: Any) -> Iterator[str]:
    """What a pattern repeats, inside out."""
    for operator, argument in parsed:
        if operator in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
            yield sample(argument[2])
            yield from repeated(argument[2])
        elif operator is code.SUBPATTERN:
            yield from repeated(argument[3])
        elif operator is code.BRANCH:
            for branch in argument[1]:
                yield from repeated(branch)


def literals(parsed: Any) -> set[str]:
    return {letter for letter in sample(parsed) if not letter.isalnum()}


def attacks(pattern: str, length: int) -> Iterator[str]:
    """Texts that begin as the pattern does, go on with what it repeats, or with what stands in it, and end wrongly."""
    parsed = parser.parse(pattern)
    begins = {sample(parsed[:count]) for count in range(len(parsed) + 1)}
    pumps = {pump for pump in repeated(parsed) if pump} | literals(parsed) | {sample(parsed), "a", "0", " ", "!"}
    for begin, pump, end in itertools.product(begins, pumps - {""}, ("\x00", "@", "a\n")):
        yield begin + pump * (length // len(pump)) + end


def slow_text(pattern: str, methods: set[str], flags: int = 0) -> str | None:
    """Return a text on which a pattern takes more than SECONDS of the processor, or None."""
    compiled = re.compile(pattern, flags)
    for length in LENGTHS:
        for text in attacks(pattern, length):
            for method in methods:
                arguments = ("", text) if method == "sub" else (text,)
                if not _ends(getattr(compiled, method), arguments):
                    return f"{method} {text[:40]!r}..."
    return None


def _ends(function: Any, arguments: tuple[str, ...]) -> bool:
    def stop(*_: Any) -> None:
        raise Slow

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        # Of this process's own time: a busy machine makes no difference.
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        function(*arguments)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except Slow:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return True


@pytest.mark.parametrize(("pattern", "methods"), PATTERNS.items(), ids=[f"{path} {text}" for path, text, _ in PATTERNS])
def test_no_text_keeps_a_pattern_busy(pattern: tuple[str, str, int], methods: set[str]) -> None:
    assert slow_text(pattern[1], methods, pattern[2]) is None


@pytest.mark.parametrize(
    ("pattern", "method"),
    [(r"[^\s@]+@[^\s@]+\.[^\s@]+", "fullmatch"), (r"(a+)+", "fullmatch"), (r"[^a-z0-9]+$", "sub"), (r"\s*,", "split")],
)
def test_this_test_sees_patterns_that_can_be_kept_busy(pattern: str, method: str) -> None:
    assert slow_text(pattern, {method}) is not None


def test_patterns_are_kept_nowhere_else() -> None:
    assert len(PATTERNS) > 100
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                names = [ast.unparse(node.func).rpartition(".")[2], *(word.arg for word in node.keywords)]
                assert not set(names) & set(KEEPERS), (path, ast.unparse(node))
            if isinstance(node, ast.Dict) and any(ast.unparse(key) == "'$regex'" for key in node.keys if key):
                value = ast.unparse(node.values[0])
                fixed = isinstance(node.values[0], ast.Constant) and not set("*+{") & set(value)
                escaped = value.startswith(("re.escape(", "f'^{re.escape(", "digits_pattern("))
                assert fixed or escaped, (path, value)
            if isinstance(node, ast.ImportFrom) and node.module == "re":
                raise AssertionError(path)


LETTERS = st.text("ab.@ \t-\u00a0", max_size=12)


@given(LETTERS)
def test_addresses_are_told_as_before(text: str) -> None:
    assert bool(leads._EMAIL.fullmatch(text)) == bool(re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", text))


@given(st.text("abz09!@\n\u00e9", max_size=12))
def test_passwords_are_undressed_as_before(text: str) -> None:
    for kept, old in (
        (r"[^a-z0-9]+$", "abcdefghijklmnopqrstuvwxyz0123456789"),
        (r"[^a-z]+$", "abcdefghijklmnopqrstuvwxyz"),
    ):
        assert passwords._up_to_last(old, text) == re.sub(kept, "", text)
