"""Measures single neurons: weights, connections, influence."""
