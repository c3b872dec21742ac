"""The triangle and what is told of it."""

from keras_optkit import CyclicalSpec

TRIANGLE = CyclicalSpec(initial_learning_rate=1, maximal_learning_rate=3, step_size=10)


def test_the_landmarks_are_the_top_and_the_end_of_the_first_cycle() -> None:
    assert [step for step, _ in TRIANGLE.landmarks()] == [10, 20]
    assert [float(TRIANGLE.value(step)) for step, _ in TRIANGLE.landmarks()] == [3, 1]
