"""Twisted's reactor on uvloop, where that is to be had: a turn of it costs a fifth less than asyncio's own.

Importing Daphne's server makes the loop and installs the reactor; only `portal.server` imports this.
"""

import asyncio
import sys

if sys.platform != "win32":
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
try:
    from daphne.server import Server
finally:
    # For that one loop alone.
    asyncio.set_event_loop_policy(None)

__all__ = ["Server"]
