"""What a fresh machine needs before Django can be imported, and the servers that tests start.

Standard library only: it runs before anything is installed. `python3 -m deploy.bootstrap STEP` runs one step;
the Makefile calls the steps that a target needs. Each step may be repeated without harm.
"""

import sys

# Here, before any module that an older Python could not even read.
if sys.version_info < (3, 11):  # noqa: UP036 - the one place where an older Python may arrive
    sys.exit("Countersign needs Python 3.11 or newer; name one with `make PYTHON=/path/to/python3.11 …`.")
