from governance.models.comment import RequestComment
from governance.models.gate import EngineGate, GateCall, GatePresence, GateUse
from governance.models.question import Question
from governance.models.reply import EngineReply
from governance.models.request import PermissionRequest
from governance.models.snooze import RequestSnooze
from governance.models.whitelist import RuleUse, RuleVersion, TeamRules, WhitelistAction, WhitelistTarget
from governance.models.workshop import ProposalLook, RuleProposal, RuleReplay

__all__ = [
    "EngineGate",
    "EngineReply",
    "GateCall",
    "GatePresence",
    "GateUse",
    "PermissionRequest",
    "ProposalLook",
    "Question",
    "RequestComment",
    "RequestSnooze",
    "RuleProposal",
    "RuleReplay",
    "RuleUse",
    "RuleVersion",
    "TeamRules",
    "WhitelistAction",
    "WhitelistTarget",
]
