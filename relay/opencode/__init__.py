"""The wire to an OpenCode server: HTTP calls, event stream, child process. No database, no Django models."""
