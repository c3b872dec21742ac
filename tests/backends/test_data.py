"""``run_of`` counts the batches that ``fit`` trains on, for the data of every backend."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import SGDSpec, compile_with, run_of

X, Y = np.ones((10, 3), "float32"), np.ones((10, 1), "float32")


def arrays() -> tuple[Any, dict[str, Any]]:
    return X, {"y": Y, "batch_size": 4}


def tensors_of_the_backend() -> tuple[Any, dict[str, Any]]:
    return keras.ops.convert_to_tensor(X), {"y": keras.ops.convert_to_tensor(Y), "batch_size": 4}


def a_py_dataset() -> tuple[Any, dict[str, Any]]:
    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> Any:
            return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]

    return Batches(), {}


def a_torch_data_loader() -> tuple[Any, dict[str, Any]]:
    torch = pytest.importorskip("torch")
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    return torch.utils.data.DataLoader(dataset, batch_size=4), {}


def a_tf_dataset() -> tuple[Any, dict[str, Any]]:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(4), {}


@pytest.mark.parametrize("made", [arrays, tensors_of_the_backend, a_py_dataset, a_torch_data_loader, a_tf_dataset])
def test_a_run_is_as_long_as_fit_finds_it(made: Any) -> None:
    data, arguments = made()
    run = run_of(data, epochs=2, batch_size=arguments.get("batch_size"))
    assert run == {"steps_per_epoch": 3, "epochs": 2}
    model = keras.Sequential([layers.Input((3,)), layers.Dense(1)])
    compile_with(model, SGDSpec(), **run, loss="mse")
    history = model.fit(data, **arguments, epochs=2, shuffle=False, verbose=0)
    assert history.params["steps"] == 3
    assert int(model.optimizer.iterations) == 6
