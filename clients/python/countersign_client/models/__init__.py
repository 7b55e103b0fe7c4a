# Generated from docs/openapi.yaml by `make schema`: do not edit.
"""Contains all the data models used in inputs/outputs"""

from .about import About
from .activation_request import ActivationRequest
from .actor import Actor
from .answer_enum import AnswerEnum
from .approver_role_enum import ApproverRoleEnum
from .asked_request import AskedRequest
from .asked_request_arguments import AskedRequestArguments
from .asked_request_paths import AskedRequestPaths
from .audit_entry import AuditEntry
from .audit_entry_after import AuditEntryAfter
from .audit_entry_before import AuditEntryBefore
from .audit_head import AuditHead
from .audit_list_actor_kind import AuditListActorKind
from .audit_list_door import AuditListDoor
from .blank_enum import BlankEnum
from .chat import Chat
from .chats_list_session_state_item import ChatsListSessionStateItem
from .chats_list_turn import ChatsListTurn
from .claim_request import ClaimRequest
from .close_reason_enum import CloseReasonEnum
from .comment import Comment
from .comment_text_request import CommentTextRequest
from .condition import Condition
from .condition_wish_request import ConditionWishRequest
from .content import Content
from .content_arguments_type_0 import ContentArgumentsType0
from .content_metadata import ContentMetadata
from .control_enum import ControlEnum
from .deciding_rule import DecidingRule
from .decision_request import DecisionRequest
from .delegate import Delegate
from .delivery import Delivery
from .door_enum import DoorEnum
from .empty_request import EmptyRequest
from .engine import Engine
from .engine_kind_enum import EngineKindEnum
from .engine_message_status_enum import EngineMessageStatusEnum
from .engine_state_enum import EngineStateEnum
from .engines_list_state_item import EnginesListStateItem
from .evaluation_answer import EvaluationAnswer
from .evaluation_request import EvaluationRequest
from .evaluation_request_arguments import EvaluationRequestArguments
from .event import Event
from .event_page import EventPage
from .event_subject import EventSubject
from .event_words import EventWords
from .fact import Fact
from .field_error import FieldError
from .finding import Finding
from .gate_answer import GateAnswer
from .gate_report_request import GateReportRequest
from .given_rule_request import GivenRuleRequest
from .given_target_request import GivenTargetRequest
from .judged_command import JudgedCommand
from .length_enum import LengthEnum
from .me import Me
from .member import Member
from .message import Message
from .message_role_enum import MessageRoleEnum
from .mode_enum import ModeEnum
from .my_decision import MyDecision
from .named import Named
from .new_token import NewToken
from .nothing_request import NothingRequest
from .own_team import OwnTeam
from .own_token import OwnToken
from .paginated_audit_entry_list import PaginatedAuditEntryList
from .paginated_chat_list import PaginatedChatList
from .paginated_comment_list import PaginatedCommentList
from .paginated_engine_list import PaginatedEngineList
from .paginated_member_list import PaginatedMemberList
from .paginated_message_list import PaginatedMessageList
from .paginated_request_list import PaginatedRequestList
from .paginated_review_comment_list import PaginatedReviewCommentList
from .paginated_review_list import PaginatedReviewList
from .paginated_rule_list import PaginatedRuleList
from .paginated_rule_version_list import PaginatedRuleVersionList
from .paginated_subagent_list import PaginatedSubagentList
from .paginated_target_list import PaginatedTargetList
from .paginated_team_list import PaginatedTeamList
from .paginated_token_list import PaginatedTokenList
from .part import Part
from .past_decision import PastDecision
from .permission_requests_list_state_item import PermissionRequestsListStateItem
from .place import Place
from .problem import Problem
from .reading import Reading
from .reply_enum import ReplyEnum
from .reply_state_enum import ReplyStateEnum
from .request import Request
from .request_detail import RequestDetail
from .request_state_enum import RequestStateEnum
from .restore_request import RestoreRequest
from .review import Review
from .review_comment import ReviewComment
from .review_comment_text_request import ReviewCommentTextRequest
from .review_decision_request import ReviewDecisionRequest
from .review_detail import ReviewDetail
from .review_detail_base_type_0 import ReviewDetailBaseType0
from .review_detail_content_type_0 import ReviewDetailContentType0
from .review_rejection_request import ReviewRejectionRequest
from .review_state_enum import ReviewStateEnum
from .review_vote import ReviewVote
from .reviews_list_state_item import ReviewsListStateItem
from .risk import Risk
from .risk_enum import RiskEnum
from .risk_kind_enum import RiskKindEnum
from .role_enum import RoleEnum
from .rule import Rule
from .rule_change_request import RuleChangeRequest
from .rule_detail import RuleDetail
from .rule_effect_enum import RuleEffectEnum
from .rule_kind_enum import RuleKindEnum
from .rule_state_enum import RuleStateEnum
from .rule_targets_list_effect import RuleTargetsListEffect
from .rule_targets_list_mode import RuleTargetsListMode
from .rule_targets_list_state_item import RuleTargetsListStateItem
from .rule_version import RuleVersion
from .rule_version_replay_type_0 import RuleVersionReplayType0
from .rule_wish_request import RuleWishRequest
from .rules_list_effect import RulesListEffect
from .rules_list_mode import RulesListMode
from .rules_list_state_item import RulesListStateItem
from .scopes_enum import ScopesEnum
from .session_state_enum import SessionStateEnum
from .signed_head import SignedHead
from .similar import Similar
from .snooze import Snooze
from .snooze_wish_request import SnoozeWishRequest
from .source_enum import SourceEnum
from .status_enum import StatusEnum
from .subagent import Subagent
from .subagent_kind_enum import SubagentKindEnum
from .subagents_list_status_item import SubagentsListStatusItem
from .subject import Subject
from .target import Target
from .target_change_request import TargetChangeRequest
from .target_detail import TargetDetail
from .target_effect_enum import TargetEffectEnum
from .target_wish_request import TargetWishRequest
from .team import Team
from .ticket import Ticket
from .ticket_wish_request import TicketWishRequest
from .token import Token
from .token_wish_request import TokenWishRequest
from .topic_enum import TopicEnum
from .turn_enum import TurnEnum
from .type_enum import TypeEnum
from .use import Use
from .user_kind_enum import UserKindEnum
from .user_message_status_enum import UserMessageStatusEnum
from .verbs_enum import VerbsEnum
from .verdict_enum import VerdictEnum
from .wish_request import WishRequest
from .wish_request_arguments import WishRequestArguments
from .withdrawal_request import WithdrawalRequest

__all__ = (
    "About",
    "ActivationRequest",
    "Actor",
    "AnswerEnum",
    "ApproverRoleEnum",
    "AskedRequest",
    "AskedRequestArguments",
    "AskedRequestPaths",
    "AuditEntry",
    "AuditEntryAfter",
    "AuditEntryBefore",
    "AuditHead",
    "AuditListActorKind",
    "AuditListDoor",
    "BlankEnum",
    "Chat",
    "ChatsListSessionStateItem",
    "ChatsListTurn",
    "ClaimRequest",
    "CloseReasonEnum",
    "Comment",
    "CommentTextRequest",
    "Condition",
    "ConditionWishRequest",
    "Content",
    "ContentArgumentsType0",
    "ContentMetadata",
    "ControlEnum",
    "DecidingRule",
    "DecisionRequest",
    "Delegate",
    "Delivery",
    "DoorEnum",
    "EmptyRequest",
    "Engine",
    "EngineKindEnum",
    "EngineMessageStatusEnum",
    "EnginesListStateItem",
    "EngineStateEnum",
    "EvaluationAnswer",
    "EvaluationRequest",
    "EvaluationRequestArguments",
    "Event",
    "EventPage",
    "EventSubject",
    "EventWords",
    "Fact",
    "FieldError",
    "Finding",
    "GateAnswer",
    "GateReportRequest",
    "GivenRuleRequest",
    "GivenTargetRequest",
    "JudgedCommand",
    "LengthEnum",
    "Me",
    "Member",
    "Message",
    "MessageRoleEnum",
    "ModeEnum",
    "MyDecision",
    "Named",
    "NewToken",
    "NothingRequest",
    "OwnTeam",
    "OwnToken",
    "PaginatedAuditEntryList",
    "PaginatedChatList",
    "PaginatedCommentList",
    "PaginatedEngineList",
    "PaginatedMemberList",
    "PaginatedMessageList",
    "PaginatedRequestList",
    "PaginatedReviewCommentList",
    "PaginatedReviewList",
    "PaginatedRuleList",
    "PaginatedRuleVersionList",
    "PaginatedSubagentList",
    "PaginatedTargetList",
    "PaginatedTeamList",
    "PaginatedTokenList",
    "Part",
    "PastDecision",
    "PermissionRequestsListStateItem",
    "Place",
    "Problem",
    "Reading",
    "ReplyEnum",
    "ReplyStateEnum",
    "Request",
    "RequestDetail",
    "RequestStateEnum",
    "RestoreRequest",
    "Review",
    "ReviewComment",
    "ReviewCommentTextRequest",
    "ReviewDecisionRequest",
    "ReviewDetail",
    "ReviewDetailBaseType0",
    "ReviewDetailContentType0",
    "ReviewRejectionRequest",
    "ReviewsListStateItem",
    "ReviewStateEnum",
    "ReviewVote",
    "Risk",
    "RiskEnum",
    "RiskKindEnum",
    "RoleEnum",
    "Rule",
    "RuleChangeRequest",
    "RuleDetail",
    "RuleEffectEnum",
    "RuleKindEnum",
    "RulesListEffect",
    "RulesListMode",
    "RulesListStateItem",
    "RuleStateEnum",
    "RuleTargetsListEffect",
    "RuleTargetsListMode",
    "RuleTargetsListStateItem",
    "RuleVersion",
    "RuleVersionReplayType0",
    "RuleWishRequest",
    "ScopesEnum",
    "SessionStateEnum",
    "SignedHead",
    "Similar",
    "Snooze",
    "SnoozeWishRequest",
    "SourceEnum",
    "StatusEnum",
    "Subagent",
    "SubagentKindEnum",
    "SubagentsListStatusItem",
    "Subject",
    "Target",
    "TargetChangeRequest",
    "TargetDetail",
    "TargetEffectEnum",
    "TargetWishRequest",
    "Team",
    "Ticket",
    "TicketWishRequest",
    "Token",
    "TokenWishRequest",
    "TopicEnum",
    "TurnEnum",
    "TypeEnum",
    "Use",
    "UserKindEnum",
    "UserMessageStatusEnum",
    "VerbsEnum",
    "VerdictEnum",
    "WishRequest",
    "WishRequestArguments",
    "WithdrawalRequest",
)
