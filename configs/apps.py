from django.apps import AppConfig


class ConfigsConfig(AppConfig):
    """What people configure: prompts, models, agents, the engine's rules; their versions and labels."""

    name = "configs"

    def ready(self) -> None:
        from configs.domain.label_changes import register_label_reviews

        register_label_reviews()
        guard_configs()


def guard_configs() -> None:
    """Whose something is never changes, nor what a version says; nothing of it while it is retired."""
    from events.append_only import freeze_rows, keep_append_only, keep_rows, restrict_inserts

    keep_append_only("configs.ConfigVersion")
    keep_append_only("configs.ImportedFile")
    keep_rows("configs.CatalogueModel")
    for name in ("Prompt", "Instruction", "Provider", "Model", "Agent", "ToolRules"):
        model = f"configs.{name}"
        keep_rows(model)
        restrict_inserts(model, name="first", to="NEW.version = 1 AND NEW.retired_at IS NULL")
        freeze_rows(model, name="origin", columns=("team_id", "created_by_id", "created_at"))
        freeze_rows(model, name="forward", when="NEW.version < OLD.version")
        freeze_rows(model, name="retired", when="OLD.retired_at IS NOT NULL AND NEW.retired_at IS NOT NULL")
    freeze_rows("configs.ConfigLabel", name="origin", columns=("kind", "object_id", "team_id", "name"))
    keep_rows("configs.LabelPolicy")
    keep_rows("configs.LabelChange")
    freeze_rows("configs.LabelChange", name="origin", columns=("team_id", "label", "moves", "created_at"))
    freeze_rows("configs.LabelChange", name="asked", when="OLD.review_id IS NOT NULL", columns=("review_id",))
