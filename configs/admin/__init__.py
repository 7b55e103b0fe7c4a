from configs.admin.objects import ConfiguredAdmin

__all__ = ["ConfiguredAdmin"]
