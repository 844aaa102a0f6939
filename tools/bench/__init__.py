"""Speed and memory of the scenes we build, beside what people write without us; `tools/dev.py bench` runs it.

A kind of case is a module with ``measure(case) -> Iterator[Measured]``, which runs in Blender's Python; `cases` names
all cases and the module that measures each, `rows` names the metrics.
"""
