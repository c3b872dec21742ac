"""Saying what is wanted must not cost an import of TensorFlow: shown in processes of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = "{'keras', 'tensorflow', 'tf_keras', 'jax', 'torch', 'matplotlib', 'sklearn', 'pandas', 'rich'}"
SPEC = "{'type': 'sgd', 'learning_rate': {'type': 'cosine_decay', 'initial_learning_rate': 0.1, 'decay_steps': 9}}"

#: What somebody may want to do with specs where nothing is trained.
LIGHT = {
    "import": """
        assert "pydantic.plugin._loader" not in sys.modules  # no model is built, which would take 20 ms
    """,
    "import every public name": """
        from keras_optkit import *
        class Mine(LearningRateMonitor):
            pass
        assert "wrapt" not in sys.modules  # of TensorFlow's dependencies, and none of ours
    """,
    "import every module outside of runtime": """
        import importlib, pkgutil
        for module in pkgutil.walk_packages(keras_optkit.__path__, "keras_optkit."):
            if not module.name.startswith(("keras_optkit.runtime", "keras_optkit.__main__")):
                importlib.import_module(module.name)
    """,
    "parse": f"keras_optkit.parse_spec({SPEC})",
    "refuse": """
        for wrong in ({'type': 'sgd', 'lr': 0.1}, 'sdg', 3):
            try:
                keras_optkit.parse_spec(wrong)
            except ValueError as error:
                str(error)
            else:
                raise AssertionError(wrong)
    """,
    "compare and hash": f"""
        first, second = keras_optkit.parse_spec({SPEC}), keras_optkit.parse_spec({SPEC})
        assert first == second and len({{first, second}}) == 1
    """,
    "change": f"keras_optkit.parse_spec({SPEC}).replace(momentum=0.9)",
    "show": f"print(keras_optkit.parse_spec({SPEC}))",
    "dump": f"""
        spec = keras_optkit.parse_spec({SPEC})
        assert keras_optkit.parse_spec(spec.model_dump()) == spec
        assert keras_optkit.SGDSpec.model_validate_json(spec.model_dump_json()) == spec
    """,
    "preview": f"""
        keras_optkit.describe({SPEC}, steps_per_epoch=3, epochs=4)
        assert len(keras_optkit.learning_rates({SPEC}, steps_per_epoch=3, epochs=4)) == 12
    """,
    "scale and resolve": f"""
        decay = keras_optkit.scale_learning_rate({SPEC}, 2).learning_rate
        warm = keras_optkit.WarmupSpec(schedule=decay, warmup_steps="5%")
        assert warm.resolve(steps_per_epoch=10, epochs=2).warmup_steps == 1
    """,
    "pickle": f"""
        import pickle
        spec = keras_optkit.parse_spec({SPEC})
        assert pickle.loads(pickle.dumps(spec)) == spec
    """,
    "refuse to build": """
        for build in (keras_optkit.build_optimizer, keras_optkit.build_schedule):
            try:
                build({'type': 'sdg'})
            except ValueError:
                pass
    """,
}


def run(work: str, unwanted: str = HEAVY) -> subprocess.CompletedProcess[str]:
    lines = work.rstrip().splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    script = "\n".join(["import sys, keras_optkit", *(line[indent:] for line in lines)])
    script += f"\nloaded = {unwanted} & sys.modules.keys()\nassert not loaded, loaded\n"
    root = Path(__file__).parent.parent
    return subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=root, capture_output=True, text=True)


@pytest.mark.parametrize("work", LIGHT)
def test_needs_no_tensorflow_to(work: str) -> None:
    done = run(LIGHT[work])
    assert done.returncode == 0, done.stderr


def test_a_heavy_import_would_be_noticed() -> None:
    done = run("sys.modules['tensorflow'] = sys")
    assert done.returncode == 1
    assert "AssertionError: {'tensorflow'}" in done.stderr


@pytest.mark.parametrize("work", ["import", "parse", "refuse", "compare and hash", "change", "show", "dump", "pickle"])
def test_needs_no_numpy_either_to(work: str) -> None:
    done = run(LIGHT[work], unwanted="{'numpy'}")
    assert done.returncode == 0, done.stderr
