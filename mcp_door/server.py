"""The protocol's side: the official SDK's server, which lists our tools and calls them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol, TypeVar

from django.db import OperationalError
from mcp.server.lowlevel import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    TextContent,
    Tool as ListedTool,
    ToolAnnotations,
)
from rest_framework.exceptions import APIException

from events.errors import DomainError
from events.problems import describe_api_exception, describe_domain_error
from live.queries import read_head
from live.rights import Caller
from live.waits import wait_for_change
from mcp_door.callers import Knock, build_listener
from mcp_door.catalogue import BY_NAME, list_usable
from mcp_door.schemas import describe_arguments
from mcp_door.tools import MAX_WAIT_S, Look, Shown, Tool

logger = logging.getLogger(__name__)

# Where the caller lies in the ASGI scope of a request.
KNOCK = "countersign.mcp_knock"
DISTRIBUTION = "countersign"
INSTRUCTIONS = (
    "Countersign asks people. Before you do what needs a yes, call request_permission, then "
    "wait_for_permission until the state is no longer `pending`, and act only when may_act is true. "
    "Nothing here approves anything: that is done by people, elsewhere."
)

T = TypeVar("T")


class Thread(Protocol):
    """Runs what needs the database; see `events.database_threads.DatabaseThread`."""

    async def run(self, function: Callable[..., T], /, *args: Any) -> T: ...


def build_server(thread: Thread) -> Server[Any]:
    async def list_tools(ctx: Any, _params: Any) -> ListToolsResult:
        principal = await thread.run(read_knock(ctx).find_principal)
        return ListToolsResult(tools=[show_tool(tool) for tool in list_usable(principal)])

    async def call_tool(ctx: Any, params: CallToolRequestParams) -> CallToolResult:
        return await answer_call(thread, read_knock(ctx), params.name, params.arguments or {})

    return Server(
        "countersign",
        title="Countersign",
        version=read_version(),
        instructions=INSTRUCTIONS,
        get_tool_input_schema=find_input_schema,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def read_version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""


def read_knock(ctx: Any) -> Knock:
    """The door put it into the scope of the HTTP request before the SDK saw it."""
    knock: Knock = ctx.request.scope[KNOCK]
    return knock


def find_input_schema(name: str) -> dict[str, Any] | None:
    tool = BY_NAME.get(name)
    return describe_arguments(tool.arguments) if tool else None


def show_tool(tool: Tool) -> ListedTool:
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=describe_arguments(tool.arguments),
        annotations=ToolAnnotations(
            read_only_hint=tool.is_reading,
            destructive_hint=False,
            idempotent_hint=tool.is_reading,
            open_world_hint=False,
        ),
    )


async def answer_call(thread: Thread, knock: Knock, name: str, arguments: dict[str, Any]) -> CallToolResult:
    """Whatever goes wrong is a tool's error in a sentence of ours; a fault of ours is logged, never shown."""
    tool = BY_NAME.get(name)
    if tool is None:
        return answer_error({"code": "unknown_tool", "detail": "There is no such tool here."})
    try:
        return answer_shown(await run_tool(thread, tool, knock, arguments))
    except DomainError as error:
        return answer_error(describe_domain_error(error))
    except APIException as error:
        return answer_error(describe_api_exception(error))
    except OperationalError:
        logger.exception("the tool %s failed", tool.name)
        return answer_error({"code": "unavailable", "detail": "The database does not answer; try again."})
    except Exception:
        logger.exception("the tool %s failed", tool.name)
        detail = "Something failed here. It is logged under this answer's X-Request-ID."
        return answer_error({"code": "server_error", "detail": detail})


async def run_tool(thread: Thread, tool: Tool, knock: Knock, arguments: dict[str, Any]) -> Shown:
    if tool.act is None:
        return await wait(thread, tool, knock, arguments)
    return await thread.run(do, tool, knock, arguments)


def do(tool: Tool, knock: Knock, arguments: dict[str, Any]) -> Shown:
    return tool.do(knock.find_principal(), arguments)


async def wait(thread: Thread, tool: Tool, knock: Knock, arguments: dict[str, Any]) -> Shown:
    """As soon as nothing is awaited any more, and in any case when the time is up."""
    clock = asyncio.get_running_loop()
    timeout_s = arguments.get("timeout_s", MAX_WAIT_S)
    started_at = clock.time()
    while True:
        # Also tells when `timeout_s` is no number of seconds.
        cursor, caller, look = await thread.run(see, tool, knock, arguments)
        left_s = timeout_s - (clock.time() - started_at)
        if look.awaited is None or left_s <= 0:
            return look.shown
        await wait_for_change(look.awaited, since=cursor, timeout_s=left_s, caller=caller)


def see(tool: Tool, knock: Knock, arguments: dict[str, Any]) -> tuple[int, Caller, Look]:
    """The head of the log is read before the look, so that no change is missed."""
    principal = knock.find_principal()
    return read_head(), build_listener(principal), tool.see(principal, arguments)


def answer_shown(shown: Shown) -> CallToolResult:
    text = json.dumps(shown, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=shown)


def answer_error(problem: dict[str, Any]) -> CallToolResult:
    """The sentence to read, and the code and facts to branch on."""
    facts = {name: value for name, value in problem.items() if name != "status"}
    return CallToolResult(
        content=[TextContent(type="text", text=str(problem["detail"]))],
        structured_content=facts,
        is_error=True,
    )
