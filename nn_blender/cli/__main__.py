"""``python -m nn_blender.cli``."""

import sys

from . import main

sys.exit(main())
