"""Everything around a network: camera, lights, labels, legend, answer."""
