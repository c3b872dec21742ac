"""Hide what TensorFlow prints to stderr at start-up, some of it whatever ``TF_CPP_MIN_LOG_LEVEL`` is."""

import os
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Generator[None]:
    """Discard everything written to file descriptor 2, including the output of native code.

    An exception passes through. Its traceback is still printed, because the descriptor is restored first.
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
