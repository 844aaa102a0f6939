"""Runs other scripts of this folder one after the other, so that TensorFlow starts once for all of them.

Runs in TensorFlow's Python. Reads a script and its arguments as a JSON list per line and writes a line when it is done.
What a script raises ends this process.
"""

import json
import os
import runpy
import sys

done = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What a script prints does not say that it is done.
for line in sys.stdin:
    sys.argv = json.loads(line)
    runpy.run_path(sys.argv[0], run_name="__main__")
    print("done", file=done, flush=True)
