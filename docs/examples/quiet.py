"""Silence for TensorFlow's start-up, which greets on stderr whatever ``TF_CPP_MIN_LOG_LEVEL`` says."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send what is written to file descriptor 2 to nowhere, native code's lines included.

    An exception passes through, and its traceback is printed after the descriptor is back in place.
    """
    stderr = 2
    kept = os.dup(stderr)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stderr)
        yield
    finally:
        os.dup2(kept, stderr)
        os.close(kept)
        os.close(nowhere)
