from governance.models.comment import RequestComment
from governance.models.reply import EngineReply
from governance.models.request import PermissionRequest
from governance.models.snooze import RequestSnooze
from governance.models.whitelist import RuleUse, RuleVersion, TeamRules, WhitelistAction, WhitelistTarget

__all__ = [
    "EngineReply",
    "PermissionRequest",
    "RequestComment",
    "RequestSnooze",
    "RuleUse",
    "RuleVersion",
    "TeamRules",
    "WhitelistAction",
    "WhitelistTarget",
]
