from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Review policies, votes and reviews: one engine for everything that needs more than one person."""

    name = "reviews"

    def ready(self) -> None:
        from accounts.domain.team_retirement import register_hold
        from events.append_only import keep_append_only, keep_rows
        from reviews.domain.due import describe_open

        register_hold(describe_open)
        keep_append_only("reviews.Vote")
        keep_append_only("reviews.ReviewComment")
        keep_rows("reviews.ReviewPolicy")
        guard_reviews()
        guard_delegations()


def guard_reviews() -> None:
    """Who asks for what never changes; the content only as a new revision; nothing once it has ended."""
    from events.append_only import freeze_rows, keep_rows, restrict_inserts

    model = "reviews.Review"
    keep_rows(model)
    restrict_inserts(model, name="open", to="NEW.state = 'open' AND NEW.approvals = 0 AND NEW.revision = 1")
    freeze_rows(
        model,
        name="origin",
        columns=(
            "team_id",
            "kind",
            "subject_kind",
            "subject_id",
            "requested_by_kind",
            "requested_by_id",
            "approvals_needed",
            "approver_role",
            "backup_ids",
            "created_at",
            "expires_at",
        ),
    )
    freeze_rows(
        model,
        name="content",
        when="NEW.revision <> OLD.revision + 1",
        columns=("title", "content", "base", "content_hash", "revision"),
    )
    freeze_rows(model, name="ended", when="OLD.state <> 'open'")


def guard_delegations() -> None:
    """A window is never moved, only ended early, once."""
    from events.append_only import freeze_rows, keep_rows

    model = "reviews.Delegation"
    keep_rows(model)
    freeze_rows(
        model,
        name="window",
        columns=("team_id", "delegator_id", "delegate_id", "kinds", "starts_at", "ends_at"),
    )
    freeze_rows(model, name="revoked", when="OLD.revoked_at IS NOT NULL")
