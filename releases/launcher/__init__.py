"""The one file that starts MCP servers on an engine's host; it is part of every release that names one."""
