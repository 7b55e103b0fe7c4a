from governance.models.reply import EngineReply
from governance.models.request import PermissionRequest

__all__ = ["EngineReply", "PermissionRequest"]
