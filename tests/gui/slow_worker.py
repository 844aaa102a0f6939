"""This checkout's worker, which waits after every block of a sweep so that a scenario can come in between.

The pause is so long that blocks do not grow.
"""

import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

from nn_blender.worker.__main__ import main
from nn_blender.worker.common.events import Task

PAUSE = 0.6

give = Task.partial


def give_and_wait(task, value):
    give(task, value)
    time.sleep(PAUSE)


Task.partial = give_and_wait
main()
