"""How often Python looks for dead cycles in a process that serves.

Its defaults are those of a small script: a look after 700 new objects, of which one request makes thousands,
and now and then one at everything that the start has loaded. What is there when serving begins stays for
good, so it is left out of every look (`gc.freeze`), and looks come after some requests, not in each.
"""

from __future__ import annotations

import gc

# New objects until the youngest are looked at: a few megabytes of garbage at most.
YOUNGEST = 20_000
MIDDLE, OLDEST = 10, 10


def settle_garbage() -> None:
    """Called once, when everything is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNGEST, MIDDLE, OLDEST)
