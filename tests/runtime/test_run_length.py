"""``run_of`` counts what ``fit`` trains on."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import sparse

from keras_optkit import SGDSpec, compile_with, run_of

SAMPLES = 70
X = np.ones((SAMPLES, 3), "float32")
Y = np.ones((SAMPLES, 1), "float32")


class Batches(keras.utils.PyDataset):
    """Seven batches of ten."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, index: int) -> Any:
        return X[:10], Y[:10]


class Endless(keras.utils.PyDataset):
    """A PyDataset without an end."""

    num_batches = None

    def __getitem__(self, index: int) -> Any:
        return X[:10], Y[:10]


class Unfinished(keras.utils.PyDataset):
    """A PyDataset that says nothing of its length."""


def dataset(batch_size: int = 8, **options: Any) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(batch_size, **options)


def steps_of_fit(x: Any, y: Any = None, **fit_arguments: Any) -> int:
    """How many steps ``fit`` takes in one epoch."""
    inputs: Any = keras.Input((3,))
    if isinstance(x, list):
        inputs = [keras.Input((3,)), keras.Input((3,))]
    elif isinstance(x, dict):
        inputs = {name: keras.Input((3,), name=name) for name in x}
    flat = list(inputs.values()) if isinstance(inputs, dict) else inputs
    joined = keras.layers.Concatenate()(flat) if isinstance(flat, list) and len(flat) > 1 else flat
    model = keras.Model(inputs, keras.layers.Dense(1)(joined[0] if isinstance(joined, list) else joined))
    compile_with(model, SGDSpec(), loss="mse")
    model.fit(x, y, verbose=0, shuffle=False, **fit_arguments)
    return int(model.optimizer.iterations)


@pytest.mark.parametrize(
    "x",
    [
        X,
        [X, X],
        {"one": X, "other": X},
        tf.constant(X),
        sparse.csr_matrix(X),
    ],
    ids=["array", "list", "dict", "tensor", "sparse"],
)
@pytest.mark.parametrize("arguments", [{}, {"batch_size": 8}, {"batch_size": 7}, {"batch_size": 100}])
def test_arrays_have_as_many_batches_as_fit_makes_of_them(x: Any, arguments: dict[str, Any]) -> None:
    steps = run_of(x, epochs=1, **arguments)["steps_per_epoch"]
    assert steps == {None: 3, 8: 9, 7: 10, 100: 1}[arguments.get("batch_size")]
    if arguments != {"batch_size": 7}:
        assert steps_of_fit(x, Y, **arguments) == steps


@pytest.mark.parametrize("share", [0.1, 0.25, 1 / 3, 0.57, 0.9])
def test_a_validation_split_leaves_as_many_samples_as_fit_trains_on(share: float) -> None:
    steps = steps_of_fit(X, Y, validation_split=share, batch_size=1)
    assert run_of(X, epochs=1, validation_split=share, batch_size=1)["steps_per_epoch"] == steps


@pytest.mark.parametrize("samples", [2, 3, 7, 10, 99, 1000, 1797])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.2, 0.29, 0.5, 0.7, 0.99])
def test_a_validation_split_is_rounded_as_in_keras(samples: int, share: float) -> None:
    from keras.src.trainers.data_adapters.array_slicing import train_validation_split

    x = np.zeros((samples, 1))
    try:
        (left, _), _ = train_validation_split((x, None), share)
    except ValueError:
        with pytest.raises(ValueError, match=r"leaves none for (training|validation)$"):
            run_of(x, epochs=1, validation_split=share)
    else:
        assert run_of(x, epochs=1, validation_split=share, batch_size=1)["steps_per_epoch"] == len(left)


@pytest.mark.parametrize(
    ("make", "steps"),
    [
        (dataset, 9),
        (lambda: dataset(drop_remainder=True), 8),
        (lambda: dataset().take(4), 4),
        (lambda: dataset().repeat(2), 18),
        (lambda: dataset().filter(lambda x, y: True).apply(tf.data.experimental.assert_cardinality(9)), 9),
        (lambda: tf.distribute.get_strategy().experimental_distribute_dataset(dataset()), 9),
        (Batches, 7),
        (lambda: Batches(workers=2), 7),
    ],
    ids=["batched", "without the rest", "taken", "repeated", "asserted", "distributed", "PyDataset", "with workers"],
)
def test_data_in_batches_has_as_many_as_fit_takes(make: Any, steps: int) -> None:
    assert run_of(make(), epochs=1) == {"steps_per_epoch": steps, "epochs": 1}
    assert steps_of_fit(make()) == steps


def test_a_distributed_dataset_counts_the_batches_of_all_replicas_together() -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    assert run_of(strategy.experimental_distribute_dataset(dataset()), epochs=3)["steps_per_epoch"] == 9


class Loader:
    """As PyTorch's DataLoader says its length."""

    def __init__(self, length: int | None) -> None:
        self.length = length

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError("object of type 'Stream' has no len()")
        return self.length

    def __iter__(self) -> Iterator[Any]:
        yield X[:1], Y[:1]


def test_a_loader_with_a_length_has_so_many_batches() -> None:
    assert run_of(Loader(12), epochs=np.int64(3)) == {"steps_per_epoch": 12, "epochs": 3}


def test_what_has_a_shape_counts_as_an_array_of_whatever_library() -> None:
    class Frame:
        shape = (SAMPLES, 5)

    assert run_of((Frame(), None, X), epochs=1, batch_size=10)["steps_per_epoch"] == 7
    assert run_of(tf.ragged.constant([[1], [2, 3], []]), epochs=1, batch_size=2)["steps_per_epoch"] == 2


REFUSED = [
    (
        lambda: dataset().repeat(),
        {},
        "data repeats without an end (cardinality -1): in place of "
        "run_of, pass steps_per_epoch=... and epochs=..., and the same to fit",
    ),
    (
        lambda: dataset().filter(lambda x, y: True),
        {},
        "data does not know how many batches it has (cardinality -2): say it with "
        "data.apply(tf.data.experimental.assert_cardinality(batches)), or in place of "
        "run_of, pass steps_per_epoch=... and epochs=..., and the same to fit",
    ),
    (
        lambda: (batch for batch in ()),
        {},
        "data is a generator, which does not know its length: in place of "
        "run_of, pass steps_per_epoch=... and epochs=..., and the same to fit",
    ),
    (
        lambda: Loader(None),
        {},
        "data is a Loader, which does not know its length: in place of "
        "run_of, pass steps_per_epoch=... and epochs=..., and the same to fit",
    ),
    (
        Endless,
        {},
        "data is a Endless, which does not know its length: in place of "
        "run_of, pass steps_per_epoch=... and epochs=..., and the same to fit",
    ),
    (
        Unfinished,
        {},
        "data is a Unfinished, which does not know its length: in place of "
        "run_of, pass steps_per_epoch=... and epochs=..., and the same to fit",
    ),
    (lambda: Loader(0), {}, "data is empty: the Loader has no batches"),
    (lambda: X[:0], {}, "data is empty: it has 0 samples"),
    (lambda: [X, X[:69]], {}, "data has arrays of different numbers of samples: its shapes are [(70, 3), (69, 3)]"),
    (lambda: np.array(3.0), {}, "data has an array without a number of samples: its shapes are [()]"),
    (
        dataset,
        {"batch_size": 32},
        "batch_size is for arrays, and fit ignores it for a _BatchDataset, which is in batches: leave it out",
    ),
    (
        lambda: Loader(12),
        {"validation_split": 0.1},
        "validation_split is for arrays, and fit cannot split a Loader: pass the part to train on",
    ),
    (lambda: X, {"batch_size": 0}, "batch_size must be a whole number > 0, received 0"),
    (lambda: X, {"epochs": 0}, "epochs must be a whole number > 0, received 0"),
    (lambda: X, {"epochs": None}, "epochs must be a whole number > 0, received None"),
    (lambda: X, {"validation_split": 1.0}, "validation_split must be in [0, 1), received 1.0"),
    (lambda: X, {"validation_split": -0.1}, "validation_split must be in [0, 1), received -0.1"),
    (lambda: X, {"validation_split": "a tenth"}, "validation_split must be in [0, 1), received 'a tenth'"),
    (lambda: X, {"validation_split": True}, "validation_split must be in [0, 1), received True"),
    (lambda: X, {"validation_split": 0.99}, "validation_split=0.99 of 70 samples leaves none for training"),
]


@pytest.mark.parametrize(("make", "arguments", "message"), REFUSED)
def test_what_has_no_length_is_refused_with_a_remedy(make: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        run_of(make(), **{"epochs": 1} | arguments)


@pytest.mark.parametrize("data", [None, 5, [1, 2, 3], {}, [], "train.csv", {1, 2}, b"", dataset])
def test_what_fit_does_not_take_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match=r"^data must be what fit takes as x: .* received "):
        run_of(data, epochs=1)


def test_no_framework_is_imported_to_count() -> None:
    code = (
        "import sys, numpy; from keras_optkit import run_of;"
        "print(run_of([numpy.ones((70, 3))], epochs=2, batch_size=8), {'keras', 'tensorflow'} & sys.modules.keys())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert ran.stdout == "{'steps_per_epoch': 9, 'epochs': 2} set()\n"
