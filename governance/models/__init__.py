from governance.models.comment import RequestComment
from governance.models.reply import EngineReply
from governance.models.request import PermissionRequest
from governance.models.snooze import RequestSnooze

__all__ = ["EngineReply", "PermissionRequest", "RequestComment", "RequestSnooze"]
