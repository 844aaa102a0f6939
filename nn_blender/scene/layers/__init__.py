"""Layers: slabs, neuron objects, statistics."""
