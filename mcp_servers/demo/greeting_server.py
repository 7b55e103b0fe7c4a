"""The demo's MCP server: two tools that greet, over stdin and stdout. Standard library alone."""

import json
import sys
from typing import Any

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
TOOLS = [
    {
        "name": "greet",
        "title": "Greet",
        "description": "Gives back a greeting for somebody.",
        "inputSchema": NAME,
        "annotations": {"readOnlyHint": True},
    },
    {
        "name": "list_languages",
        "description": "Says in which languages there are greetings.",
        "inputSchema": {"type": "object", "properties": {}},
        "annotations": {"readOnlyHint": True},
    },
]
GREETINGS = {"en": "Hello", "de": "Hallo", "fr": "Bonjour"}


def main() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer(message)}) + "\n")
            sys.stdout.flush()


def answer(message: dict[str, Any]) -> dict[str, Any]:
    """`result` or `error` for one request."""
    method, said = message.get("method"), message.get("params") or {}
    if method == "initialize":
        return {
            "result": {
                "protocolVersion": said.get("protocolVersion", "2025-11-25"),
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "greetings", "version": "1.0.0"},
            }
        }
    if method == "ping":
        return {"result": {}}
    if method == "tools/list":
        return {"result": {"tools": TOOLS}}
    if method == "tools/call":
        return {"result": {"content": [{"type": "text", "text": call(said)}]}}
    return {"error": {"code": -32601, "message": "There is no such method."}}


def call(said: dict[str, Any]) -> str:
    if said.get("name") == "greet":
        return f"{GREETINGS['en']}, {said.get('arguments', {}).get('name', 'you')}!"
    return ", ".join(GREETINGS)


if __name__ == "__main__":
    main()
