from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from portal.logging import SHARED, build_logging, build_processors, mask_text

SECRET = "hunter2-0123456789abcdef"


@pytest.fixture
def render() -> Callable[..., dict[str, Any]]:
    """A record, through the JSON formatter, as the collector gets it."""
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=build_processors("json"), foreign_pre_chain=[*SHARED, structlog.stdlib.ExtraAdder()]
    )

    def render(message: str, *args: Any, exc_info: Any = None, **extra: Any) -> dict[str, Any]:
        logger = logging.getLogger("portal.test")
        record = logger.makeRecord(
            "portal.test", logging.WARNING, "f", 1, message, args, exc_info, extra=extra
        )
        line = formatter.format(record)
        assert "\n" not in line
        return json.loads(line)

    return render


def test_a_line_has_time_level_logger_text_and_facts(render: Callable[..., dict[str, Any]]) -> None:
    line = render("engine %s is %s", "e1", "ready", attempts=2, engine={"id": "e1"})
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "engine e1 is ready",
        "level": "warning",
        "logger": "portal.test",
        "attempts": 2,
        "engine": {"id": "e1"},
    }


def test_the_request_id_stands_on_every_line_of_a_request(render: Callable[..., dict[str, Any]]) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        assert render("x")["request_id"] == "abc"
    assert "request_id" not in render("x")


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"headers: {{'authorization': 'Bearer {SECRET}'}}",
        f"Cookie: countersign_8000_session={SECRET}; other={SECRET}",
        f'{{"set-cookie": "countersign_8000_csrf={SECRET}"}}',
        f"GET /api/v1/events/?since=4&token={SECRET}&wait=25",
        f"GET /ws/events/?ticket={SECRET}",
        f"csk_deadbeef_{SECRET}",
        f"postgres://user:{SECRET}@db.example/name",
        f"password={SECRET}",
        f"Gone: /login/{SECRET}/",
    ],
)
def test_secrets_are_masked_in_messages_arguments_and_exceptions(
    render: Callable[..., dict[str, Any]], text: str
) -> None:
    error = ValueError(text)
    exc_info = (type(error), error, None)
    lines = [
        render(text),
        render("got %s", text),
        render("x", detail=text),
        render("x", nested=[{"a": text}]),
    ]
    lines.append(render("failed", exc_info=exc_info))
    assert [line for line in lines if SECRET in json.dumps(line)] == []
    assert "ValueError" in lines[-1]["exception"]


def test_facts_named_like_secrets_are_masked_whatever_they_hold(
    render: Callable[..., dict[str, Any]],
) -> None:
    line = render("x", api_key="short", headers={"Cookie": "a", "Accept": "b"}, csrf_token=["a"])
    assert (line["api_key"], line["headers"], line["csrf_token"]) == (
        "••••",
        {"Cookie": "••••", "Accept": "b"},
        "••••",
    )


def test_a_line_never_holds_a_request_object_or_an_endless_tree(
    render: Callable[..., dict[str, Any]],
) -> None:
    tree: dict[str, Any] = {}
    tree["again"] = tree
    line = render("x", request=object(), tree=tree)
    assert "request" not in line
    assert "••••" in json.dumps(line["tree"], ensure_ascii=False)


def test_the_row_in_a_database_error_is_left_out(render: Callable[..., dict[str, Any]]) -> None:
    refused = ValueError(
        "new row violates a check\nDETAIL:  Failing row contains (1, planted,\nsecond planted line).\n"
    )
    error = RuntimeError("could not be stored")
    error.__cause__ = refused
    line = render("failed", exc_info=(type(error), error, None))
    assert "planted" not in line["exception"]
    assert [word in line["exception"] for word in ("violates a check", "could not be stored")] == [True, True]


def test_statements_and_page_contexts_are_logged_at_no_level() -> None:
    loggers = build_logging(log_format="json", level="DEBUG")["loggers"]
    assert [loggers[name]["level"] for name in ("django.db.backends", "django.template")] == ["INFO", "INFO"]


def test_ordinary_text_is_left_alone() -> None:
    text = "the relay claimed reply abc123 of engine e1 at /api/v1/permission-requests/?state=pending"
    assert mask_text(text) == text


def test_the_text_form_renders_too() -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=build_processors("text"), foreign_pre_chain=SHARED
    )
    record = logging.getLogger("portal.test").makeRecord(
        "portal.test", logging.ERROR, "f", 1, "token=%s", (SECRET,), None
    )
    line = formatter.format(record)
    assert ("token=••••" in line, SECRET in line) == (True, False)


def test_every_room_logs_at_the_chosen_level() -> None:
    loggers = build_logging(log_format="json", level="DEBUG")["loggers"]
    assert {loggers[name]["level"] for name in ("portal", "relay", "governance", "live", "django")} == {
        "DEBUG"
    }
