"""Starting a program that nobody approved yet, so that it can do nothing but answer."""

from mcp_servers.sandbox.finding import find_sandbox
from mcp_servers.sandbox.interface import NoSandbox, SandboxError, SandboxLimits, Task, Verdict
from mcp_servers.sandbox.namespaces import Sandbox, SandboxedProcess

__all__ = [
    "NoSandbox",
    "Sandbox",
    "SandboxError",
    "SandboxLimits",
    "SandboxedProcess",
    "Task",
    "Verdict",
    "find_sandbox",
]
