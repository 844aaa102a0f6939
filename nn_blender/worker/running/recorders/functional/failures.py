"""Says in users' words why layers cannot be traced or run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from .....core.errors import UserError


@contextmanager
def explained_failures() -> Iterator[None]:
    """While layers are traced or run, say in users' words why they cannot be.

    Raises:
        UserError: ``worker.out_of_memory``; ``model.failed``.
    """
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            "worker.out_of_memory",
            "There was not enough memory to run the network.",
            "Close other programs, or use smaller samples.",
            str(error),
        ) from error
    except tf.errors.OpError as error:
        raise _failed(str(error.message).strip().split("\n")[0], error) from error
    except (TypeError, ValueError) as error:
        # Raised while tracing; where in Keras it happened comes first, the reason last.
        raise _failed(str(error).strip().rsplit("\n", 1)[-1].strip(), error) from error


def _failed(reason: str, error: Exception) -> UserError:
    return UserError(
        "model.failed",
        f"The network could not be run: {reason[:300]}",
        "Check that the samples are what it expects, or import it without them to see its structure.",
        str(error),
    )
