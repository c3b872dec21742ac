"""The examples in the docstrings of public names run, and print what stands below them."""

import doctest

import numpy as np
import pytest

import keras_optkit


def _examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in keras_optkit.__all__ for test in finder.find(getattr(keras_optkit, name), name)]
    return [test for test in found if test.examples]


@pytest.mark.parametrize("example", _examples(), ids=lambda example: example.name)
def test_every_example_in_a_docstring_prints_what_it_shows(example: doctest.DocTest) -> None:
    import keras

    public = {name: getattr(keras_optkit, name) for name in keras_optkit.__all__}
    example.globs = {**public, "keras": keras, "np": np}
    shown: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=shown.append)
    assert not shown, "".join(shown)


def test_every_optimizer_has_an_example() -> None:
    with_examples = {test.name for test in _examples()}
    optimizers = {
        name
        for name in keras_optkit.__all__
        if name.endswith("Spec") and issubclass(getattr(keras_optkit, name), keras_optkit.OptimizerSpec)
    }
    assert optimizers - {"OptimizerSpec"} <= with_examples
