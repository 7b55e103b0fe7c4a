from django.apps import AppConfig

from events.append_only import freeze_rows, keep_append_only, keep_rows, restrict_inserts


class McpServersConfig(AppConfig):
    """MCP servers: what is asked for, what was seen of it, who approved which exact thing."""

    name = "mcp_servers"

    def ready(self) -> None:
        from accounts.domain.team_retirement import register_hold
        from mcp_servers.domain.requests import describe_open
        from mcp_servers.review_kind import register_mcp_reviews

        register_hold(describe_open)
        register_mcp_reviews()
        guard_servers()
        guard_requests()
        guard_history()


def guard_servers() -> None:
    """A server begins as asked for, by whatever door; whose it is never changes, nor how it ended."""
    model = "mcp_servers.McpServer"
    keep_rows(model)
    restrict_inserts(
        model,
        name="asked_for",
        to="NEW.state = 'requested' AND NEW.approval_id IS NULL AND NEW.approved_at IS NULL"
        " AND NEW.approved_by_id = ''",
    )
    freeze_rows(
        model,
        name="origin",
        columns=("team_id", "name", "requested_by_kind", "requested_by_id", "created_at"),
    )
    freeze_rows(model, name="ended", when="OLD.state IN ('revoked', 'rejected', 'withdrawn')")


def guard_requests() -> None:
    """What was asked for, by whom, never changes; nothing of it once it is over."""
    model = "mcp_servers.McpRequest"
    keep_rows(model)
    restrict_inserts(
        model,
        name="asked_for",
        to="NEW.state = 'requested' AND NEW.review_id IS NULL AND NEW.probe_id IS NULL AND NEW.run = 0",
    )
    freeze_rows(
        model,
        name="asked",
        columns=(
            "server_id",
            "number",
            "content",
            "content_hash",
            "source",
            "catalog",
            "reason",
            "valid_days",
            "requested_by_kind",
            "requested_by_id",
            "door",
            "created_at",
        ),
    )
    freeze_rows(model, name="over", when="OLD.state IN ('approved', 'rejected', 'withdrawn', 'superseded')")


def guard_history() -> None:
    """What was found, seen, approved and switched stays; an ended probe too."""
    keep_append_only("mcp_servers.McpCheck")
    keep_append_only("mcp_servers.McpApproval")
    keep_append_only("mcp_servers.McpToolSwitch")
    probe = "mcp_servers.McpProbe"
    keep_rows(probe)
    restrict_inserts(probe, name="queued", to="NEW.state = 'queued'")
    freeze_rows(probe, name="origin", columns=("server_id", "request_id", "engine_id", "cause", "created_at"))
    freeze_rows(probe, name="over", when="OLD.state IN ('done', 'failed', 'not_run')")
    incident = "mcp_servers.McpIncident"
    keep_rows(incident)
    freeze_rows(incident, name="origin", columns=("team_id", "engine_id", "kind", "name", "at"))
    freeze_rows(incident, name="over", when="OLD.state = 'acknowledged'")
