"""The small changes that can be made to a module, by Cosmic Ray's operators."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from unchanged import ROOT, code

#: Of the operators that can replace one, those that no test would notice unless it looks closely.
REPLACED = {
    "Comparison": "Lt_LtE Lt_NotEq LtE_Lt LtE_Eq Gt_GtE Gt_NotEq GtE_Gt GtE_Eq Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is",
    "Binary": "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Div Mod_FloorDiv Pow_Mul BitOr_BitAnd BitAnd_BitOr",
    "Unary": "USub_UAdd Delete_Not",
}
OPERATORS = [
    *(f"core/Replace{kind}Operator_{name}" for kind, names in REPLACED.items() for name in names.split()),
    *("core/AddNot", "core/ReplaceTrueWithFalse", "core/ReplaceFalseWithTrue", "core/ReplaceAndWithOr"),
    *("core/ReplaceOrWithAnd", "core/ReplaceBreakWithContinue", "core/ReplaceContinueWithBreak"),
    *("core/ExceptionReplacer", "core/NumberReplacer", "core/RemoveDecorator", "core/ZeroIterationForLoop"),
]


class Mutant(NamedTuple):
    """A module with one change."""

    path: str
    line: int
    operator: str
    old: str
    new: str
    source: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.operator.removeprefix('core/')}\n    - {self.old}\n    + {self.new}"


def mutants_of(path: str) -> Iterator[Mutant]:
    """All of a module, but those in types that nothing evaluates, and those that are no Python."""
    source = (ROOT / path).read_text(encoding="utf-8")
    lines = source.splitlines()
    ignored = set(_types(ast.parse(source)))
    for name in OPERATORS:
        operator = plugins.get_operator(name)()
        nodes = ast_nodes(get_ast(source))
        places = [(node, start) for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, (node, (line, column)) in enumerate(places):
            # `zip(strict=True)` says what is always so.
            is_certain = node.parent.get_code().strip() in ("strict=True", "strict=False")
            is_sign = node.parent.type == "parameters"  # the star of `def f(a, *, b)`
            if is_certain or is_sign or any(start <= (line, column) < end for start, end in ignored):
                continue
            try:
                changed = mutate_code(source, operator, occurrence)
                compile(changed, path, "exec", dont_inherit=True)
            except (SyntaxError, AttributeError):  # the latter from Cosmic Ray, for `except module.Error`
                continue
            after = zip(lines[line - 1 :], changed.splitlines()[line - 1 :], strict=False)
            old, new = next(pair for pair in after if pair[0] != pair[1])
            yield Mutant(path, line, name, code(old), code(new), changed)


def module_of(path: str) -> str:
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _types(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(tree):
        parts: list[Any] = []
        if isinstance(node, ast.FunctionDef):
            parts = [node.returns, *(part.annotation for part in ast.walk(node.args) if isinstance(part, ast.arg))]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            parts = [node]
        for part in filter(None, parts):
            yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)
