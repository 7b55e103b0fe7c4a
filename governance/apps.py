from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """Permission requests, their decisions, and the replies that go back to the engines."""

    name = "governance"

    def ready(self) -> None:
        from events.append_only import freeze_rows, keep_rows

        keep_rows("governance.PermissionRequest")
        keep_rows("governance.EngineReply")
        freeze_rows("governance.PermissionRequest", when="OLD.state <> 'pending'", name="decided")
        freeze_rows(
            "governance.PermissionRequest",
            when="OLD.sealed_at IS NOT NULL",
            columns=("content", "fingerprint", "summary", "sealed_at", "permission", "team_id", "engine_id"),
            name="sealed",
        )
        freeze_rows(
            "governance.EngineReply",
            when="OLD.state IN ('confirmed', 'orphaned', 'failed')",
            name="ended",
        )
