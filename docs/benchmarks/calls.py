"""The calls of optimizers and schedules in a text of Python or in a docstring, and the values of their arguments."""

from __future__ import annotations

import ast
import inspect
import operator
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import keras

_KINDS = (keras.optimizers.Optimizer, keras.optimizers.schedules.LearningRateSchedule)
#: Every optimizer and schedule that Keras offers, also those that have no spec.
CLASSES: dict[str, type] = {
    name: cls
    for module in (keras.optimizers, keras.optimizers.schedules)
    for name, cls in vars(module).items()
    if isinstance(cls, type) and issubclass(cls, _KINDS) and cls not in _KINDS
}
#: What a text has that calls one of them.
MENTIONED = re.compile(rf"\b({'|'.join(CLASSES)})\(")


class Call(NamedTuple):
    """A call of an optimizer or schedule, and what gives names a value in the functions around it, up to its line."""

    node: ast.Call
    assigned: list[ast.AST]

    @property
    def name(self) -> str:
        """The name of the class that is called, without its module."""
        return _class_name(self.node) or ""


class UnreadError(Exception):
    """The value of an argument is not in the text."""


def _class_name(node: ast.Call) -> str | None:
    name = getattr(node.func, "attr", getattr(node.func, "id", None))
    return name if name in CLASSES else None


def calls_in(source: str) -> list[Call]:
    """The calls in a text of Python.

    Raises:
        SyntaxError: it is none.
    """
    finder = _Finder()
    finder.visit(ast.parse(source))
    return finder.found


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[Call] = []
        self._scopes: list[ast.AST] = []

    def visit_Module(self, node: ast.Module) -> None:
        self._scoped(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._scoped(node)

    def _scoped(self, node: ast.AST) -> None:
        self._scopes.append(node)
        self.generic_visit(node)
        self._scopes.pop()

    def visit_Call(self, node: ast.Call) -> None:
        if _class_name(node):
            # What an inner scope assigns comes last, and is found first.
            inside = [
                found
                for scope in self._scopes
                for found in ast.walk(scope)
                if isinstance(found, _ASSIGNING)
            ]
            self.found.append(
                Call(
                    node, [each for each in inside if getattr(each, "lineno", 0) < node.lineno]
                )
            )
        self.generic_visit(node)


_ASSIGNING = (ast.Assign, ast.AugAssign, ast.For, ast.arg, ast.comprehension, ast.withitem)
_FENCED = re.compile(r"^( *)```\w*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_PROMPTED = re.compile(r"^ *(?:>>>|\.\.\.)(?: (.*))?$", re.MULTILINE)


def examples_in(docstring: str) -> Iterator[str]:
    """The code in a docstring: each fenced block, and all that follows a ``>>>``."""
    for _, block in _FENCED.findall(docstring):
        if ">>>" not in block:
            yield _readable(textwrap.dedent(block))
    yield _readable("\n".join(_PROMPTED.findall(docstring)))


def _readable(code: str) -> str:
    """``code`` without the statements that are no Python, such as formulas and what stands for something left out."""
    statements = re.split(r"^(?=[^\s)\]}])", code, flags=re.MULTILINE)
    return "".join(statement for statement in statements if _is_python(statement))


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def arguments_of(call: Call) -> dict[str, ast.expr]:
    """The arguments of a call by name.

    Raises:
        UnreadError: some are in a ``*`` or ``**``.
        TypeError: Keras has no such arguments.
    """
    if any(isinstance(node, ast.Starred) for node in call.node.args) or any(
        not key.arg for key in call.node.keywords
    ):
        raise UnreadError("* or **")
    keywords = {keyword.arg: keyword.value for keyword in call.node.keywords if keyword.arg}
    bound = inspect.signature(CLASSES[call.name]).bind(*call.node.args, **keywords).arguments
    return {**bound, **bound.pop("kwargs", {})}


def values_of(call: Call, make: Callable[[Call], Any]) -> dict[str, Any]:
    """The values of the arguments by name; a schedule among them is what ``make`` makes of its call.

    Raises:
        UnreadError: a value is not in the text.
        TypeError: Keras has no such arguments.
    """
    return {
        name: _value(node, call.assigned, make) for name, node in arguments_of(call).items()
    }


def _value(node: ast.AST, assigned: list[ast.AST], make: Callable[[Call], Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(entry, assigned, make) for entry in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, assigned, make)
    if isinstance(node, ast.BinOp) and (calculate := _OPERATORS.get(type(node.op))):
        return calculate(_value(node.left, assigned, make), _value(node.right, assigned, make))
    if isinstance(node, ast.Name):
        return _assigned_value(node.id, assigned, make)
    if isinstance(node, ast.Call) and _class_name(node):
        return make(Call(node, assigned))
    raise UnreadError(ast.unparse(node))


_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}


def _assigned_value(name: str, assigned: list[ast.AST], make: Callable[[Call], Any]) -> Any:
    """What the last assignment to ``name`` says, if that is a plain one."""
    for number in reversed(range(len(assigned))):
        node = assigned[number]
        if isinstance(node, ast.Assign) and [
            getattr(target, "id", None) for target in node.targets
        ] == [name]:
            return _value(node.value, assigned[:number], make)
        if name in _names_in(node):
            break
    raise UnreadError(name)


def _names_in(node: ast.AST) -> set[str]:
    """The names that get a value."""
    if isinstance(node, ast.arg):
        return {node.arg}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if isinstance(node, ast.withitem):
        targets = [node.optional_vars]
    return {
        part.id
        for target in targets
        if target
        for part in ast.walk(target)
        if isinstance(part, ast.Name)
    }
