"""The environment that TensorFlow lives in: finding, making, checking and removing it."""
