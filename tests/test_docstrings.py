"""The examples in the docstrings of public names run, and print what stands below them."""

import doctest
import sys
from pathlib import Path

import numpy as np
import pytest

import keras_optkit


def _examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in keras_optkit.__all__ for test in finder.find(getattr(keras_optkit, name), name)]
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


def test_every_spec_and_every_preview_has_an_example() -> None:
    with_examples = {test.name for test in _examples()}
    specs = {name for name in keras_optkit.__all__ if name.endswith("Spec")}
    previews = {"learning_rates", "describe", "plot_schedule", "Duration"}
    assert specs | previews <= with_examples | {"OptimizerSpec", "ScheduleSpec"}
