"""The examples in the docstrings of public names run, and print what stands below them."""

import ast
import doctest
import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import keras_optkit


def _public() -> dict[str, object]:
    """What a reader of the reference sees: the public names, and their methods, inherited from the package too."""
    found = {name: getattr(keras_optkit, name) for name in keras_optkit.__all__}
    for cls in [value for value in found.values() if isinstance(value, type)]:
        for base in cls.__mro__:
            if base.__module__.startswith("keras_optkit."):
                found.setdefault(base.__name__, base)
    return found


def _examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name, value in _public().items() for test in finder.find(value, name)]
    return [test for test in found if test.examples]


@pytest.mark.usefixtures("registry")  # one registers a spec
@pytest.mark.parametrize("example", _examples(), ids=lambda example: example.name)
def test_every_example_in_a_docstring_prints_what_it_shows(
    example: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.chdir(tmp_path)

    public = {name: getattr(keras_optkit, name) for name in keras_optkit.__all__}
    example.globs = {**public, "keras": keras, "np": np, "Path": Path}
    shown: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=shown.append)
    if "matplotlib.pyplot" in sys.modules:  # other tests begin without figures
        sys.modules["matplotlib.pyplot"].close("all")
    assert not shown, "".join(shown)


def test_every_public_name_has_an_example() -> None:
    assert set(keras_optkit.__all__) <= {test.name for test in _examples()}


def test_every_method_in_the_reference_has_an_example() -> None:
    methods = {"replace", "override", "resolve", "decays_weights", "value", "landmarks", "conflicts", "expand"}
    assert methods <= {test.name.partition(".")[2] for test in _examples()}


@pytest.mark.parametrize("example", _examples(), ids=lambda example: example.name)
def test_every_example_is_in_the_section_of_the_examples(example: doctest.DocTest) -> None:
    # Elsewhere three > are three quotations within each other, in the reference.
    before, _, _ = inspect.cleandoc(example.docstring or "").partition("Examples:\n    >>> ")
    assert ">>>" not in before


def test_the_reference_explains_every_type_of_field() -> None:
    specs = Path(keras_optkit.__file__).parent / "specs"
    table = (Path(__file__).parents[1] / "docs/reference/index.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(\w+)(?:\[\.\.\.\])?`", table))
    used = {
        name
        for path in (*specs.glob("optimizers/*.py"), *specs.glob("schedules/*.py"), specs / "groups.py")
        for cls in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(cls, ast.ClassDef) and cls.name.endswith(("Spec", "Group"))
        for field in cls.body
        if isinstance(field, ast.AnnAssign)
        for name in re.findall(r"\b[A-Z]\w+", re.sub(r"\w+\(.*?\)", "", ast.unparse(field.annotation)))
    }
    assert used - {"Annotated", "ClassVar", "Literal", "None", "ScheduleSpec", "ParamGroup"} <= explained
