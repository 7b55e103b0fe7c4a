from django.apps import AppConfig

from events.append_only import freeze_rows, keep_append_only, keep_rows, restrict_inserts


class GovernanceConfig(AppConfig):
    """Permission requests and questions, what people decide, and the replies that go back to the engines."""

    name = "governance"

    def ready(self) -> None:
        from accounts.domain.team_retirement import register_hold
        from engines.domain.retirement import register_ending
        from governance.domain.retired_engines import OPEN_REQUESTS, describe_pending
        from governance.domain.rule_reviews import register_rule_reviews

        register_ending(OPEN_REQUESTS)
        register_hold(describe_pending)
        register_rule_reviews()
        guard_requests()
        guard_questions()
        guard_replies()
        guard_rules()
        guard_gate()
        keep_append_only("governance.RequestComment")


def guard_requests() -> None:
    """Who asks for what never changes; the content not once it is sealed; nothing once it is decided."""
    model = "governance.PermissionRequest"
    keep_rows(model)
    restrict_inserts(
        model,
        name="undecided",
        # What is asked by API or gate is complete from the beginning; an engine tells the arguments later.
        to="NEW.state = 'pending' AND NEW.approvals = 0 AND NEW.decided_by_id = ''"
        " AND NEW.rule_id = '' AND (NEW.sealed_at IS NULL OR NEW.source IN ('api', 'gate'))",
    )
    freeze_rows(
        model,
        name="origin",
        columns=(
            "team_id",
            "source",
            "engine_id",
            "engine_request_id",
            "session_id",
            "requester_kind",
            "requester_id",
            "idempotency_key",
            "permission",
            "approvals_needed",
        ),
    )
    freeze_rows(
        model,
        name="sealed",
        when="OLD.sealed_at IS NOT NULL",
        columns=(
            "content",
            "fingerprint",
            "summary",
            "is_summary_whole",
            "findings",
            "arguments_known",
            "prefix",
            "risk",
            "sealed_at",
        ),
    )
    freeze_rows(model, name="decided", when="OLD.state <> 'pending'")


def guard_questions() -> None:
    """Who asks what never changes; nothing once it has ended."""
    model = "governance.Question"
    keep_rows(model)
    restrict_inserts(
        model, name="unanswered", to="NEW.state = 'open' AND NEW.answers = '' AND NEW.answered_by_id = ''"
    )
    freeze_rows(
        model,
        name="asked",
        columns=(
            "team_id",
            "source",
            "engine_id",
            "engine_question_id",
            "session_id",
            "requester_kind",
            "requester_id",
            "idempotency_key",
            "content",
            "summary",
            "item_count",
            "findings",
            "created_at",
        ),
    )
    freeze_rows(model, name="ended", when="OLD.state <> 'open'")


def guard_replies() -> None:
    """What is said to an engine, and about which request, never changes; nothing once it has ended."""
    model = "governance.EngineReply"
    keep_rows(model)
    restrict_inserts(model, name="unsent", to="NEW.state = 'queued' AND NEW.attempts = 0")
    freeze_rows(model, name="words", columns=("request_id", "question_id", "engine_id", "reply", "message"))
    freeze_rows(model, name="ended", when="OLD.state IN ('confirmed', 'orphaned', 'failed')")


def guard_rules() -> None:
    """Whose a rule is never changes; nothing once it is retired. Rules begin as drafts."""
    for model in ("governance.WhitelistAction", "governance.WhitelistTarget"):
        keep_rows(model)
        restrict_inserts(model, name="draft", to="NEW.state = 'draft' AND NEW.version = 1")
        freeze_rows(model, name="origin", columns=("team_id", "created_by_id", "created_at"))
        freeze_rows(model, name="forward", when="NEW.version < OLD.version")
        freeze_rows(model, name="retired", when="OLD.state = 'retired'")
    keep_append_only("governance.RuleVersion")
    keep_rows("governance.RuleUse")
    freeze_rows(
        "governance.RuleUse", name="forward", when="NEW.uses < OLD.uses OR NEW.observed < OLD.observed"
    )
    keep_rows("governance.TeamRules")
    freeze_rows("governance.TeamRules", name="forward", when="NEW.version < OLD.version")


def guard_gate() -> None:
    """What was asked at the gate never changes; a call that is over stays over; verdicts are used once."""
    model = "governance.GateCall"
    keep_rows(model)
    restrict_inserts(model, name="unproven", to="NEW.state <> 'ended' AND NEW.proven_part = ''")
    freeze_rows(
        model,
        name="origin",
        columns=(
            "engine_id",
            "request_id",
            "key",
            "process",
            "directory",
            "session_id",
            "call_id",
            "tool",
            "permission",
            "argument_hash",
            "created_at",
        ),
    )
    freeze_rows(
        model, name="over", when="OLD.state IN ('refused', 'ended')", columns=("state", "released_at")
    )
    freeze_rows(model, name="proof", when="OLD.proven_part <> ''", columns=("proven_part", "message_id"))
    keep_append_only("governance.GateUse")
    keep_rows("governance.EngineGate")
