"""What models an engine knows of, asked from the engine itself."""

from __future__ import annotations

import asyncio

from django.conf import settings
from django.utils import timezone

from configs.formats.limits import FormatError
from configs.formats.provider_list import ModelList, load_list, read_provider_list
from engines.models import Engine
from events.egress import DEFAULT_ALLOW, AllowList
from events.encryption import reveal
from events.errors import Invalid
from relay.opencode.calls import Call, Timeouts
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineError

# The first call in a folder boots an instance of the engine, and the answer has megabytes.
TIMEOUTS = Timeouts(call_s=90.0)
# The engine takes this for the folder that it was started in.
OWN_FOLDER = ""


def fetch_models(engine: Engine) -> ModelList:
    """Ask the engine for all providers and models that it knows. Raises Invalid when it can't say."""
    try:
        answer, version = asyncio.run(ask_models(engine))
        day = timezone.localdate().isoformat()
        return read_provider_list(
            load_list(answer), source=f"{engine.name} (OpenCode {version})"[:120], as_of=day
        )
    except (EngineError, FormatError) as error:
        raise Invalid(f"{engine.name} did not say what models it knows: {error}") from error


async def ask_models(engine: Engine) -> tuple[bytes, str]:
    """The raw answer, which holds the engine's keys: it is read and let go, never stored or shown."""
    allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
    async with OpenCodeClient(
        engine.address, engine.username, reveal(engine, "password"), timeouts=TIMEOUTS, allow=allow
    ) as client:
        health = await client.health()
        folder = engine.directories[0] if engine.directories else OWN_FOLDER
        status, answer = await client.connection.send(Call("GET", "/provider", folder))
    if status != 200:
        raise Invalid(f"{engine.name} answered {status} when asked for its models.")
    return answer, health.version
