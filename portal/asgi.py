"""The ASGI application: HTTP in one hop, websockets, and the background tasks of this process.

`manage.py up` serves it with Daphne; `uvicorn portal.asgi:application` serves the same object and starts
the same tasks through ASGI's lifespan.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup(set_prefix=False)

from portal.application import build_application  # noqa: E402 - needs the settings above

application = build_application()
