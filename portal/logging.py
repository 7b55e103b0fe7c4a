"""Log lines: one per event, with the request's id, and with secrets masked in every value.

`text` is for people at a terminal, `json` for whatever collects logs. Both pass through the same
masking, also for the text of exceptions: a secret that reaches a log line must not leave in it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from events.masking import MASK, mask_secrets

SECRET_NAMES = re.compile(r"(?i)authorization|cookie|passw|secret|token|api[_-]?key|csrf|credential")
# What HTTP adds to the secrets that `events.masking` knows: cookies, and one-use texts in addresses.
HTTP_SECRETS = (
    re.compile(r"(?i)((?:set-)?cookie[\"']?\s*[:=]\s*[\"']?)([^\r\n\"']+)"),
    re.compile(
        r"(?i)([?&](?:access_token|code|key|link|password|secret|sig|signature|ticket|token)=)([^&\s\"'#]+)"
    ),
    # A one-use link: to log in, of an invitation, of a reset password.
    re.compile(r"(/login/)([A-Za-z0-9_-]{16,})"),
    re.compile(r"(/[a-z][a-z-]*/)([A-Za-z0-9_-]{32,})(?![A-Za-z0-9_.-])"),
)
MAX_DEPTH = 6
# PostgreSQL adds the row that it refused to what it says of the refusal; up to the next exception's text.
ROW_IN_ERROR = re.compile(
    r"^(DETAIL|CONTEXT):.*?(?=^(?:The above|During handling)|\Z)", re.MULTILINE | re.DOTALL
)


def mask_text(text: str) -> str:
    """`text` without the secrets we recognise, the names in front of them kept."""
    for pattern in HTTP_SECRETS:
        text = pattern.sub(lambda match: match.group(1) + MASK, text)
    return mask_secrets(text)


def mask_value(value: Any, depth: int = 0) -> Any:
    """The same for what hangs below a log line: mappings by the name of the key, everything else as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > MAX_DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {
            str(key): MASK if SECRET_NAMES.search(str(key)) else mask_value(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_value(item, depth + 1) for item in value]
    return mask_text(value if isinstance(value, str) else str(value))


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    masked: EventDict = mask_value(event)
    return masked


# Attributes that Django and asyncio hang on records: objects whose text is long, private or without use.
LEFT_OUT = frozenset({"request", "response", "server_time", "taskName", "params", "sql"})


def drop_objects(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if key not in LEFT_OUT}


def drop_rows(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep values of the database out of the text of its errors."""
    return {
        key: ROW_IN_ERROR.sub(r"\1: left out\n", value) if isinstance(value, str) and "\n" in value else value
        for key, value in event.items()
    }


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def build_processors(log_format: str) -> list[Processor]:
    """The last steps of every line; masking stands after exceptions became text and before rendering."""
    renderer: Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        drop_objects,
        # Without the values of local variables.
        structlog.processors.format_exc_info,
        drop_rows,
        mask_event,
        renderer,
    ]


def build_logging(*, log_format: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error through one formatter."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": "structlog.stdlib.ProcessorFormatter",
                "processors": build_processors(log_format),
                "foreign_pre_chain": [*SHARED, structlog.stdlib.ExtraAdder()],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            # Django's own default configuration has handlers of its own; ours are the only ones.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # At DEBUG it writes every statement with its parameters.
            "django.db.backends": {"level": "INFO"},
            # And this a page's whole context when a variable is missing in it.
            "django.template": {"level": "INFO"},
            "httpx": {"level": "WARNING"},
            # Its access lines hold queries; ours (COUNTERSIGN_ACCESS_LOG) stand in for them.
            "uvicorn.access": {"handlers": [], "propagate": False},
            "uvicorn": {"handlers": [], "level": level, "propagate": True},
            **{name: {"level": level} for name in OUR_ROOMS},
        },
    }


OUR_ROOMS = (
    "accounts",
    "configs",
    "engines",
    "events",
    "governance",
    "live",
    "portal",
    "relay",
    "releases",
    "reports",
    "reviews",
)
