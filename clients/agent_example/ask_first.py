"""Runs a command once a person has approved it in Countersign: the smallest agent there is.

    python ask_first.py -- make deploy

It asks with the generated client (`pip install clients/python`), waits, and runs exactly the words that were
approved, without a shell. Anything but an approval means that nothing runs: exit code 77, and why on stderr.
The address and the token come from CSK_URL and CSK_TOKEN.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
import uuid
from typing import NoReturn

import httpx
from countersign_client import AuthenticatedClient
from countersign_client.api.permission_requests import permission_requests_create, permission_requests_wait
from countersign_client.models import Problem, Request, RequestStateEnum, WishRequest

NOT_APPROVED = 77
LONGEST_WAIT_S = 60.0
PAUSE_S = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--permission", default="bash", help="the verb that is asked for (bash)")
    parser.add_argument("--within", type=int, default=900, metavar="SECONDS", help="how long people have")
    parser.add_argument("--key", default=uuid.uuid4().hex, help="the same key finds the same request again")
    parser.add_argument("command", nargs="+", help="what to run, after --")
    options = parser.parse_args()
    timeout = httpx.Timeout(LONGEST_WAIT_S + 15)
    try:
        with AuthenticatedClient(os.environ["CSK_URL"], os.environ["CSK_TOKEN"], timeout=timeout) as client:
            request = await_decision(client, options)
    except httpx.HTTPError as error:
        stop(f"the portal can't be reached ({type(error).__name__}).")
    if request.state != RequestStateEnum.APPROVED:
        stop(f"{request.state}. {request.decision_message}".strip())
    return subprocess.run(options.command, check=False).returncode


def await_decision(client: AuthenticatedClient, options: argparse.Namespace) -> Request:
    ends_at = time.monotonic() + options.within
    request = ask(client, options)
    while request.state == RequestStateEnum.PENDING:
        left_s = ends_at - time.monotonic()
        if left_s <= 0:
            stop("nobody decided in time.")
        request = wait(client, request, min(LONGEST_WAIT_S, left_s))
    return request


def ask(client: AuthenticatedClient, options: argparse.Namespace) -> Request:
    wish = WishRequest(
        permission=options.permission,
        command=shlex.join(options.command),
        patterns=[shlex.join(options.command)],
        directory=os.getcwd(),  # noqa: PTH109 - text is what is sent
        agent="ask-first",
        expires_in_s=options.within,
    )
    return unwrap(permission_requests_create.sync(client=client, body=wish, idempotency_key=options.key))


def wait(client: AuthenticatedClient, request: Request, timeout_s: float) -> Request:
    """The request once it is closed, or as it is then; a portal that restarts is asked once more."""
    try:
        return unwrap(permission_requests_wait.sync(request.id, client=client, timeout=timeout_s))
    except httpx.TransportError:
        time.sleep(PAUSE_S)
        return unwrap(permission_requests_wait.sync(request.id, client=client, timeout=0.0))


def unwrap(answer: Request | Problem | None) -> Request:
    if not isinstance(answer, Request):
        stop(f"{answer.code}: {answer.detail}" if answer else "the portal gave no answer.")
    return answer


def stop(reason: str) -> NoReturn:
    print(f"Not run: {reason}", file=sys.stderr)
    raise SystemExit(NOT_APPROVED)


if __name__ == "__main__":
    sys.exit(main())
