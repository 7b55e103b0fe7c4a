from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    """Proposals, and the sealed standing operating procedures that they become."""

    name = "procedures"

    def ready(self) -> None:
        from procedures.review_kind import register_proposal_reviews

        register_proposal_reviews()
        guard_procedures()


def guard_procedures() -> None:
    """Nobody rewrites what was proposed, said or sealed, nor whose it was; nothing begins decided."""
    from events.append_only import freeze_rows, keep_append_only, keep_rows, restrict_inserts

    for model in ("ProposalRevision", "SopVersion", "SealKey"):
        keep_append_only(f"procedures.{model}")
    model = "procedures.Proposal"
    keep_rows(model)
    restrict_inserts(
        model, name="draft", to="NEW.state = 'draft' AND NEW.number = 1 AND NEW.review_id IS NULL"
    )
    author = ("authored_by", "author_kind", "author_id", "door", "source")
    freeze_rows(model, name="origin", columns=("team_id", "slug", *author, "created_at"))
    freeze_rows(model, name="forward", when="NEW.number < OLD.number")
    freeze_rows(model, name="ended", when="OLD.state IN ('approved', 'rejected', 'withdrawn')")
    guard_comments()
    guard_sops()


def guard_comments() -> None:
    from events.append_only import freeze_rows, keep_rows, restrict_inserts

    model = "procedures.ProposalComment"
    keep_rows(model)
    restrict_inserts(model, name="open", to="NEW.resolved_at IS NULL")
    freeze_rows(model, name="said", columns=("revision_id", "line", "text", "author_id", "created_at"))
    freeze_rows(model, name="resolved", when="OLD.resolved_at IS NOT NULL")


def guard_sops() -> None:
    from events.append_only import freeze_rows, keep_rows, restrict_inserts

    model = "procedures.Sop"
    keep_rows(model)
    restrict_inserts(model, name="live", to="NEW.state = 'live' AND NEW.version = 1")
    freeze_rows(model, name="origin", columns=("team_id", "slug", "created_at"))
    freeze_rows(model, name="forward", when="NEW.version < OLD.version")
    freeze_rows(model, name="back", when="OLD.state <> 'live' AND NEW.state = 'live'")
    freeze_rows(model, name="revoked", when="OLD.state = 'revoked'")
