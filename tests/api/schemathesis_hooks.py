"""What a schema can't say about good data: loaded by schemathesis, not by pytest."""

from __future__ import annotations

import schemathesis
from schemathesis import Case, GenerationMode, HookContext

LONGEST_WAIT_S = 0.2
LONGEST_ALLOWED_S = 60

# References to things that exist, and cursors that a page gave: nothing generated can be one.
REFERENCES = ("cursor", "team", "user_id")

# Texts on one line: characters that can't be shown are refused, and no pattern can list them.
SHOWN = {"permission", "agent", "name"}
WITHOUT_CONTROLS = dict.fromkeys([*range(32), 127])


@schemathesis.hook
def before_call(_context: HookContext, case: Case, _arguments: dict[str, object]) -> None:
    """Leave good cases good, and let none wait long: that tests nothing that a moment does not."""
    shorten_wait(case)
    begin_stream(case)
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    for values in (case.query, case.body):
        if isinstance(values, dict):
            for name in REFERENCES:
                values.pop(name, None)
    if isinstance(case.body, dict):
        for name in SHOWN.intersection(case.body):
            case.body[name] = (
                f"x{case.body[name]}".encode("ascii", "ignore").decode().translate(WITHOUT_CONTROLS)
            )


def shorten_wait(case: Case) -> None:
    if case.path.endswith("/wait/"):
        case.query.setdefault("timeout", LONGEST_WAIT_S)
    for name in ("timeout", "wait"):
        wait_s = read_number(case, name)
        if wait_s and LONGEST_WAIT_S < wait_s <= LONGEST_ALLOWED_S:
            case.query[name] = LONGEST_WAIT_S


def read_number(case: Case, name: str) -> float | None:
    """A query parameter's number; None when it is bad on purpose, or left out."""
    try:
        return float(case.query[name])
    except (KeyError, TypeError, ValueError):
        return None


def begin_stream(case: Case) -> None:
    """From the first event, so that there is one to read at once."""
    if case.path.endswith("/stream/"):
        if "since" not in case.query or read_number(case, "since") is not None:
            case.query["since"] = 0
        case.headers.pop("Last-Event-ID", None)
