#!/usr/bin/env python3
"""Every developer command: `python3 tools/dev.py --help`.

This file stays free of newer syntax, so that an old Python answers with a sentence and not with a SyntaxError.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - started by whatever Python the user has
    sys.exit(
        "tools/dev.py needs Python 3.11 or newer; this is Python %d.%d (%s).\n"
        "Start it with a newer one, for example: python3.11 tools/dev.py"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

from devtools.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
