# Generated from docs/openapi.yaml by `make schema`: do not edit.
"""Contains all the data models used in inputs/outputs"""

from .about import About
from .activation_request import ActivationRequest
from .actor import Actor
from .agent import Agent
from .agent_change_request import AgentChangeRequest
from .agent_content import AgentContent
from .agent_content_options import AgentContentOptions
from .agent_content_prompt_values import AgentContentPromptValues
from .agent_content_request import AgentContentRequest
from .agent_content_request_options import AgentContentRequestOptions
from .agent_content_request_prompt_values import AgentContentRequestPromptValues
from .agent_content_request_tools import AgentContentRequestTools
from .agent_content_tools import AgentContentTools
from .agent_detail import AgentDetail
from .agent_detail_labels import AgentDetailLabels
from .agent_labels import AgentLabels
from .agent_mode_enum import AgentModeEnum
from .agent_version import AgentVersion
from .agent_wish_request import AgentWishRequest
from .agents_list_mode_item import AgentsListModeItem
from .answer_enum import AnswerEnum
from .answer_request import AnswerRequest
from .approver_role_enum import ApproverRoleEnum
from .area_enum import AreaEnum
from .asked_request import AskedRequest
from .asked_request_arguments import AskedRequestArguments
from .asked_request_paths import AskedRequestPaths
from .audit_entry import AuditEntry
from .audit_entry_after import AuditEntryAfter
from .audit_entry_before import AuditEntryBefore
from .audit_head import AuditHead
from .audit_list_actor_kind import AuditListActorKind
from .audit_list_door import AuditListDoor
from .authored_by_enum import AuthoredByEnum
from .blank_enum import BlankEnum
from .build_request import BuildRequest
from .capabilities import Capabilities
from .capabilities_request import CapabilitiesRequest
from .cause_enum import CauseEnum
from .chain import Chain
from .change_request import ChangeRequest
from .change_requests_list_state_item import ChangeRequestsListStateItem
from .changes_wanted_request import ChangesWantedRequest
from .chat import Chat
from .chat_nothing_request import ChatNothingRequest
from .chat_user import ChatUser
from .chat_wish_request import ChatWishRequest
from .chats_list_session_state_item import ChatsListSessionStateItem
from .chats_list_turn import ChatsListTurn
from .chats_messages_order import ChatsMessagesOrder
from .claim_request import ClaimRequest
from .client_capabilities_enum import ClientCapabilitiesEnum
from .close_reason_enum import CloseReasonEnum
from .comment import Comment
from .comment_name_request import CommentNameRequest
from .comment_text_request import CommentTextRequest
from .comment_wish_request import CommentWishRequest
from .component_enum import ComponentEnum
from .condition import Condition
from .condition_wish_request import ConditionWishRequest
from .config_kind_enum import ConfigKindEnum
from .config_use import ConfigUse
from .content import Content
from .content_arguments_type_0 import ContentArgumentsType0
from .content_metadata import ContentMetadata
from .control_enum import ControlEnum
from .copy_request import CopyRequest
from .deciding_rule import DecidingRule
from .decision_request import DecisionRequest
from .delegate import Delegate
from .delivery import Delivery
from .door_enum import DoorEnum
from .draft_release import DraftRelease
from .drift import Drift
from .drift_difference import DriftDifference
from .drift_state_enum import DriftStateEnum
from .drifts_list_state_item import DriftsListStateItem
from .empty_body_request import EmptyBodyRequest
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
from .exported_file import ExportedFile
from .fact import Fact
from .field_difference import FieldDifference
from .field_error import FieldError
from .field_source import FieldSource
from .field_source_request import FieldSourceRequest
from .file import File
from .file_difference import FileDifference
from .file_difference_status_enum import FileDifferenceStatusEnum
from .file_row import FileRow
from .finding import Finding
from .format_enum import FormatEnum
from .found_problem import FoundProblem
from .full_question import FullQuestion
from .gate_answer import GateAnswer
from .gate_report_request import GateReportRequest
from .given_rule_request import GivenRuleRequest
from .given_target_request import GivenTargetRequest
from .health_change import HealthChange
from .health_check import HealthCheck
from .health_check_facts import HealthCheckFacts
from .health_checks_list_component_item import HealthChecksListComponentItem
from .health_checks_list_state_item import HealthChecksListStateItem
from .health_state_enum import HealthStateEnum
from .import_finding import ImportFinding
from .imported_server import ImportedServer
from .instruction import Instruction
from .instruction_change_request import InstructionChangeRequest
from .instruction_content import InstructionContent
from .instruction_content_request import InstructionContentRequest
from .instruction_detail import InstructionDetail
from .instruction_detail_labels import InstructionDetailLabels
from .instruction_labels import InstructionLabels
from .instruction_version import InstructionVersion
from .instruction_wish_request import InstructionWishRequest
from .item import Item
from .item_wish_request import ItemWishRequest
from .judged_command import JudgedCommand
from .label import Label
from .label_move_request import LabelMoveRequest
from .label_outcome import LabelOutcome
from .length_enum import LengthEnum
from .lint_finding import LintFinding
from .mcp_acknowledgement_request import McpAcknowledgementRequest
from .mcp_approval import McpApproval
from .mcp_approval_bound import McpApprovalBound
from .mcp_approver import McpApprover
from .mcp_check import McpCheck
from .mcp_check_details import McpCheckDetails
from .mcp_choice_request import McpChoiceRequest
from .mcp_content import McpContent
from .mcp_content_config_schema import McpContentConfigSchema
from .mcp_content_request import McpContentRequest
from .mcp_content_request_config_schema import McpContentRequestConfigSchema
from .mcp_engine_status import McpEngineStatus
from .mcp_export import McpExport
from .mcp_finding import McpFinding
from .mcp_header import McpHeader
from .mcp_header_request import McpHeaderRequest
from .mcp_import_request import McpImportRequest
from .mcp_imported import McpImported
from .mcp_incident import McpIncident
from .mcp_incident_kind_enum import McpIncidentKindEnum
from .mcp_incident_state_enum import McpIncidentStateEnum
from .mcp_incidents_list_kind_item import McpIncidentsListKindItem
from .mcp_incidents_list_state_item import McpIncidentsListStateItem
from .mcp_listing import McpListing
from .mcp_listing_changes_item import McpListingChangesItem
from .mcp_listing_digests import McpListingDigests
from .mcp_listing_prompts_item import McpListingPromptsItem
from .mcp_listing_resources_item import McpListingResourcesItem
from .mcp_listing_templates_item import McpListingTemplatesItem
from .mcp_listing_timings import McpListingTimings
from .mcp_listing_tools_item import McpListingToolsItem
from .mcp_nothing_request import McpNothingRequest
from .mcp_package import McpPackage
from .mcp_package_kind_enum import McpPackageKindEnum
from .mcp_package_request import McpPackageRequest
from .mcp_probe import McpProbe
from .mcp_probe_state_enum import McpProbeStateEnum
from .mcp_request import McpRequest
from .mcp_request_detail import McpRequestDetail
from .mcp_request_detail_bound import McpRequestDetailBound
from .mcp_request_source_enum import McpRequestSourceEnum
from .mcp_request_state_enum import McpRequestStateEnum
from .mcp_requests_list_source_item import McpRequestsListSourceItem
from .mcp_requests_list_state_item import McpRequestsListStateItem
from .mcp_resume_request import McpResumeRequest
from .mcp_secret import McpSecret
from .mcp_secret_kind_enum import McpSecretKindEnum
from .mcp_secret_name_request import McpSecretNameRequest
from .mcp_secret_value_request import McpSecretValueRequest
from .mcp_server import McpServer
from .mcp_server_detail import McpServerDetail
from .mcp_server_state_enum import McpServerStateEnum
from .mcp_servers_export_as import McpServersExportAs
from .mcp_servers_list_state_item import McpServersListStateItem
from .mcp_severity_enum import McpSeverityEnum
from .mcp_stop_request import McpStopRequest
from .mcp_switch_request import McpSwitchRequest
from .mcp_variable import McpVariable
from .mcp_variable_request import McpVariableRequest
from .mcp_wish_request import McpWishRequest
from .mcp_wish_request_secrets import McpWishRequestSecrets
from .mcp_withdrawal_request import McpWithdrawalRequest
from .me import Me
from .member import Member
from .message import Message
from .message_role_enum import MessageRoleEnum
from .message_wish_request import MessageWishRequest
from .modality_enum import ModalityEnum
from .mode_enum import ModeEnum
from .model import Model
from .model_change_request import ModelChangeRequest
from .model_content import ModelContent
from .model_content_options import ModelContentOptions
from .model_content_request import ModelContentRequest
from .model_content_request_options import ModelContentRequestOptions
from .model_content_request_sources import ModelContentRequestSources
from .model_content_sources import ModelContentSources
from .model_detail import ModelDetail
from .model_detail_labels import ModelDetailLabels
from .model_labels import ModelLabels
from .model_status_enum import ModelStatusEnum
from .model_version import ModelVersion
from .model_wish_request import ModelWishRequest
from .models_list_status_item import ModelsListStatusItem
from .move import Move
from .moves_request import MovesRequest
from .my_decision import MyDecision
from .name_enum import NameEnum
from .named import Named
from .new_token import NewToken
from .nothing_request import NothingRequest
from .nothing_to_say_request import NothingToSayRequest
from .one_move_request import OneMoveRequest
from .option import Option
from .option_wish_request import OptionWishRequest
from .outcome_enum import OutcomeEnum
from .outgoing import Outgoing
from .own_team import OwnTeam
from .own_token import OwnToken
from .paginated_agent_list import PaginatedAgentList
from .paginated_audit_entry_list import PaginatedAuditEntryList
from .paginated_change_request_list import PaginatedChangeRequestList
from .paginated_chat_list import PaginatedChatList
from .paginated_comment_list import PaginatedCommentList
from .paginated_drift_list import PaginatedDriftList
from .paginated_engine_list import PaginatedEngineList
from .paginated_health_change_list import PaginatedHealthChangeList
from .paginated_health_check_list import PaginatedHealthCheckList
from .paginated_instruction_list import PaginatedInstructionList
from .paginated_label_list import PaginatedLabelList
from .paginated_mcp_incident_list import PaginatedMcpIncidentList
from .paginated_mcp_request_list import PaginatedMcpRequestList
from .paginated_mcp_secret_list import PaginatedMcpSecretList
from .paginated_mcp_server_list import PaginatedMcpServerList
from .paginated_member_list import PaginatedMemberList
from .paginated_message_list import PaginatedMessageList
from .paginated_model_list import PaginatedModelList
from .paginated_prompt_list import PaginatedPromptList
from .paginated_proposal_comment_list import PaginatedProposalCommentList
from .paginated_proposal_list import PaginatedProposalList
from .paginated_provider_list import PaginatedProviderList
from .paginated_publication_list import PaginatedPublicationList
from .paginated_question_list import PaginatedQuestionList
from .paginated_release_list import PaginatedReleaseList
from .paginated_request_list import PaginatedRequestList
from .paginated_review_comment_list import PaginatedReviewCommentList
from .paginated_review_list import PaginatedReviewList
from .paginated_revision_row_list import PaginatedRevisionRowList
from .paginated_rule_list import PaginatedRuleList
from .paginated_rule_version_list import PaginatedRuleVersionList
from .paginated_sop_list import PaginatedSopList
from .paginated_sop_version_row_list import PaginatedSopVersionRowList
from .paginated_ssh_key_list import PaginatedSshKeyList
from .paginated_subagent_list import PaginatedSubagentList
from .paginated_target_list import PaginatedTargetList
from .paginated_team_list import PaginatedTeamList
from .paginated_token_list import PaginatedTokenList
from .paginated_tool_rules_list import PaginatedToolRulesList
from .paginated_version_row_list import PaginatedVersionRowList
from .part import Part
from .part_type_enum import PartTypeEnum
from .past_decision import PastDecision
from .patched_chat_change_request import PatchedChatChangeRequest
from .patched_ssh_key_change_request import PatchedSshKeyChangeRequest
from .permission_requests_list_state_item import PermissionRequestsListStateItem
from .place import Place
from .preview import Preview
from .preview_problem import PreviewProblem
from .price_tier import PriceTier
from .price_tier_request import PriceTierRequest
from .problem import Problem
from .prompt import Prompt
from .prompt_change_request import PromptChangeRequest
from .prompt_content import PromptContent
from .prompt_content_request import PromptContentRequest
from .prompt_detail import PromptDetail
from .prompt_detail_labels import PromptDetailLabels
from .prompt_labels import PromptLabels
from .prompt_state_enum import PromptStateEnum
from .prompt_variable import PromptVariable
from .prompt_variable_request import PromptVariableRequest
from .prompt_version import PromptVersion
from .prompt_wish_request import PromptWishRequest
from .proposal import Proposal
from .proposal_comment import ProposalComment
from .proposal_detail import ProposalDetail
from .proposal_state_enum import ProposalStateEnum
from .proposal_text_request import ProposalTextRequest
from .proposal_wish_request import ProposalWishRequest
from .proposals_list_area_item import ProposalsListAreaItem
from .proposals_list_authored_by_item import ProposalsListAuthoredByItem
from .proposals_list_state_item import ProposalsListStateItem
from .provider import Provider
from .provider_change_request import ProviderChangeRequest
from .provider_content import ProviderContent
from .provider_content_options import ProviderContentOptions
from .provider_content_request import ProviderContentRequest
from .provider_content_request_options import ProviderContentRequestOptions
from .provider_detail import ProviderDetail
from .provider_detail_labels import ProviderDetailLabels
from .provider_labels import ProviderLabels
from .provider_version import ProviderVersion
from .provider_wish_request import ProviderWishRequest
from .publication import Publication
from .publication_state_enum import PublicationStateEnum
from .publications_list_state_item import PublicationsListStateItem
from .publish_request import PublishRequest
from .question import Question
from .question_source_enum import QuestionSourceEnum
from .question_state_enum import QuestionStateEnum
from .question_wish_request import QuestionWishRequest
from .questions_list_state_item import QuestionsListStateItem
from .queue import Queue
from .reading import Reading
from .release import Release
from .release_detail import ReleaseDetail
from .release_difference import ReleaseDifference
from .release_files import ReleaseFiles
from .release_input import ReleaseInput
from .release_number import ReleaseNumber
from .rendered_file import RenderedFile
from .reply_enum import ReplyEnum
from .reply_state_enum import ReplyStateEnum
from .request import Request
from .request_detail import RequestDetail
from .request_state_enum import RequestStateEnum
from .restore_request import RestoreRequest
from .restore_version_request import RestoreVersionRequest
from .retirement_request import RetirementRequest
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
from .revision import Revision
from .revision_difference import RevisionDifference
from .revision_row import RevisionRow
from .revocation_request import RevocationRequest
from .risk import Risk
from .risk_enum import RiskEnum
from .risk_kind_enum import RiskKindEnum
from .role_enum import RoleEnum
from .rollback_request import RollbackRequest
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
from .runtime_hint_enum import RuntimeHintEnum
from .scopes_enum import ScopesEnum
from .seal import Seal
from .seal_key import SealKey
from .seal_keys import SealKeys
from .session_state_enum import SessionStateEnum
from .severity_enum import SeverityEnum
from .signed_head import SignedHead
from .similar import Similar
from .snooze import Snooze
from .snooze_wish_request import SnoozeWishRequest
from .sop import Sop
from .sop_detail import SopDetail
from .sop_state_enum import SopStateEnum
from .sop_version import SopVersion
from .sop_version_approvers_item import SopVersionApproversItem
from .sop_version_row import SopVersionRow
from .sops_list_area_item import SopsListAreaItem
from .sops_list_state_item import SopsListStateItem
from .source_enum import SourceEnum
from .ssh_key import SshKey
from .ssh_key_nothing_request import SshKeyNothingRequest
from .ssh_key_use_request import SshKeyUseRequest
from .ssh_key_wish_request import SshKeyWishRequest
from .status_enum import StatusEnum
from .stopped import Stopped
from .subagent import Subagent
from .subagent_kind_enum import SubagentKindEnum
from .subagents_list_kind_item import SubagentsListKindItem
from .subagents_list_status_item import SubagentsListStatusItem
from .subject import Subject
from .submission_request import SubmissionRequest
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
from .tool_rule import ToolRule
from .tool_rule_request import ToolRuleRequest
from .tool_rules import ToolRules
from .tool_rules_change_request import ToolRulesChangeRequest
from .tool_rules_content import ToolRulesContent
from .tool_rules_content_request import ToolRulesContentRequest
from .tool_rules_detail import ToolRulesDetail
from .tool_rules_detail_labels import ToolRulesDetailLabels
from .tool_rules_labels import ToolRulesLabels
from .tool_rules_version import ToolRulesVersion
from .tool_rules_wish_request import ToolRulesWishRequest
from .topic_enum import TopicEnum
from .transport_enum import TransportEnum
from .turn_enum import TurnEnum
from .use import Use
from .user_kind_enum import UserKindEnum
from .user_message_status_enum import UserMessageStatusEnum
from .verbs_enum import VerbsEnum
from .verdict_enum import VerdictEnum
from .version_difference import VersionDifference
from .version_row import VersionRow
from .wanted_enum import WantedEnum
from .where_used import WhereUsed
from .wish_request import WishRequest
from .wish_request_arguments import WishRequestArguments
from .withdrawal_request import WithdrawalRequest

__all__ = (
    "About",
    "ActivationRequest",
    "Actor",
    "Agent",
    "AgentChangeRequest",
    "AgentContent",
    "AgentContentOptions",
    "AgentContentPromptValues",
    "AgentContentRequest",
    "AgentContentRequestOptions",
    "AgentContentRequestPromptValues",
    "AgentContentRequestTools",
    "AgentContentTools",
    "AgentDetail",
    "AgentDetailLabels",
    "AgentLabels",
    "AgentModeEnum",
    "AgentsListModeItem",
    "AgentVersion",
    "AgentWishRequest",
    "AnswerEnum",
    "AnswerRequest",
    "ApproverRoleEnum",
    "AreaEnum",
    "AskedRequest",
    "AskedRequestArguments",
    "AskedRequestPaths",
    "AuditEntry",
    "AuditEntryAfter",
    "AuditEntryBefore",
    "AuditHead",
    "AuditListActorKind",
    "AuditListDoor",
    "AuthoredByEnum",
    "BlankEnum",
    "BuildRequest",
    "Capabilities",
    "CapabilitiesRequest",
    "CauseEnum",
    "Chain",
    "ChangeRequest",
    "ChangeRequestsListStateItem",
    "ChangesWantedRequest",
    "Chat",
    "ChatNothingRequest",
    "ChatsListSessionStateItem",
    "ChatsListTurn",
    "ChatsMessagesOrder",
    "ChatUser",
    "ChatWishRequest",
    "ClaimRequest",
    "ClientCapabilitiesEnum",
    "CloseReasonEnum",
    "Comment",
    "CommentNameRequest",
    "CommentTextRequest",
    "CommentWishRequest",
    "ComponentEnum",
    "Condition",
    "ConditionWishRequest",
    "ConfigKindEnum",
    "ConfigUse",
    "Content",
    "ContentArgumentsType0",
    "ContentMetadata",
    "ControlEnum",
    "CopyRequest",
    "DecidingRule",
    "DecisionRequest",
    "Delegate",
    "Delivery",
    "DoorEnum",
    "DraftRelease",
    "Drift",
    "DriftDifference",
    "DriftsListStateItem",
    "DriftStateEnum",
    "EmptyBodyRequest",
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
    "ExportedFile",
    "Fact",
    "FieldDifference",
    "FieldError",
    "FieldSource",
    "FieldSourceRequest",
    "File",
    "FileDifference",
    "FileDifferenceStatusEnum",
    "FileRow",
    "Finding",
    "FormatEnum",
    "FoundProblem",
    "FullQuestion",
    "GateAnswer",
    "GateReportRequest",
    "GivenRuleRequest",
    "GivenTargetRequest",
    "HealthChange",
    "HealthCheck",
    "HealthCheckFacts",
    "HealthChecksListComponentItem",
    "HealthChecksListStateItem",
    "HealthStateEnum",
    "ImportedServer",
    "ImportFinding",
    "Instruction",
    "InstructionChangeRequest",
    "InstructionContent",
    "InstructionContentRequest",
    "InstructionDetail",
    "InstructionDetailLabels",
    "InstructionLabels",
    "InstructionVersion",
    "InstructionWishRequest",
    "Item",
    "ItemWishRequest",
    "JudgedCommand",
    "Label",
    "LabelMoveRequest",
    "LabelOutcome",
    "LengthEnum",
    "LintFinding",
    "McpAcknowledgementRequest",
    "McpApproval",
    "McpApprovalBound",
    "McpApprover",
    "McpCheck",
    "McpCheckDetails",
    "McpChoiceRequest",
    "McpContent",
    "McpContentConfigSchema",
    "McpContentRequest",
    "McpContentRequestConfigSchema",
    "McpEngineStatus",
    "McpExport",
    "McpFinding",
    "McpHeader",
    "McpHeaderRequest",
    "McpImported",
    "McpImportRequest",
    "McpIncident",
    "McpIncidentKindEnum",
    "McpIncidentsListKindItem",
    "McpIncidentsListStateItem",
    "McpIncidentStateEnum",
    "McpListing",
    "McpListingChangesItem",
    "McpListingDigests",
    "McpListingPromptsItem",
    "McpListingResourcesItem",
    "McpListingTemplatesItem",
    "McpListingTimings",
    "McpListingToolsItem",
    "McpNothingRequest",
    "McpPackage",
    "McpPackageKindEnum",
    "McpPackageRequest",
    "McpProbe",
    "McpProbeStateEnum",
    "McpRequest",
    "McpRequestDetail",
    "McpRequestDetailBound",
    "McpRequestsListSourceItem",
    "McpRequestsListStateItem",
    "McpRequestSourceEnum",
    "McpRequestStateEnum",
    "McpResumeRequest",
    "McpSecret",
    "McpSecretKindEnum",
    "McpSecretNameRequest",
    "McpSecretValueRequest",
    "McpServer",
    "McpServerDetail",
    "McpServersExportAs",
    "McpServersListStateItem",
    "McpServerStateEnum",
    "McpSeverityEnum",
    "McpStopRequest",
    "McpSwitchRequest",
    "McpVariable",
    "McpVariableRequest",
    "McpWishRequest",
    "McpWishRequestSecrets",
    "McpWithdrawalRequest",
    "Me",
    "Member",
    "Message",
    "MessageRoleEnum",
    "MessageWishRequest",
    "ModalityEnum",
    "ModeEnum",
    "Model",
    "ModelChangeRequest",
    "ModelContent",
    "ModelContentOptions",
    "ModelContentRequest",
    "ModelContentRequestOptions",
    "ModelContentRequestSources",
    "ModelContentSources",
    "ModelDetail",
    "ModelDetailLabels",
    "ModelLabels",
    "ModelsListStatusItem",
    "ModelStatusEnum",
    "ModelVersion",
    "ModelWishRequest",
    "Move",
    "MovesRequest",
    "MyDecision",
    "Named",
    "NameEnum",
    "NewToken",
    "NothingRequest",
    "NothingToSayRequest",
    "OneMoveRequest",
    "Option",
    "OptionWishRequest",
    "OutcomeEnum",
    "Outgoing",
    "OwnTeam",
    "OwnToken",
    "PaginatedAgentList",
    "PaginatedAuditEntryList",
    "PaginatedChangeRequestList",
    "PaginatedChatList",
    "PaginatedCommentList",
    "PaginatedDriftList",
    "PaginatedEngineList",
    "PaginatedHealthChangeList",
    "PaginatedHealthCheckList",
    "PaginatedInstructionList",
    "PaginatedLabelList",
    "PaginatedMcpIncidentList",
    "PaginatedMcpRequestList",
    "PaginatedMcpSecretList",
    "PaginatedMcpServerList",
    "PaginatedMemberList",
    "PaginatedMessageList",
    "PaginatedModelList",
    "PaginatedPromptList",
    "PaginatedProposalCommentList",
    "PaginatedProposalList",
    "PaginatedProviderList",
    "PaginatedPublicationList",
    "PaginatedQuestionList",
    "PaginatedReleaseList",
    "PaginatedRequestList",
    "PaginatedReviewCommentList",
    "PaginatedReviewList",
    "PaginatedRevisionRowList",
    "PaginatedRuleList",
    "PaginatedRuleVersionList",
    "PaginatedSopList",
    "PaginatedSopVersionRowList",
    "PaginatedSshKeyList",
    "PaginatedSubagentList",
    "PaginatedTargetList",
    "PaginatedTeamList",
    "PaginatedTokenList",
    "PaginatedToolRulesList",
    "PaginatedVersionRowList",
    "Part",
    "PartTypeEnum",
    "PastDecision",
    "PatchedChatChangeRequest",
    "PatchedSshKeyChangeRequest",
    "PermissionRequestsListStateItem",
    "Place",
    "Preview",
    "PreviewProblem",
    "PriceTier",
    "PriceTierRequest",
    "Problem",
    "Prompt",
    "PromptChangeRequest",
    "PromptContent",
    "PromptContentRequest",
    "PromptDetail",
    "PromptDetailLabels",
    "PromptLabels",
    "PromptStateEnum",
    "PromptVariable",
    "PromptVariableRequest",
    "PromptVersion",
    "PromptWishRequest",
    "Proposal",
    "ProposalComment",
    "ProposalDetail",
    "ProposalsListAreaItem",
    "ProposalsListAuthoredByItem",
    "ProposalsListStateItem",
    "ProposalStateEnum",
    "ProposalTextRequest",
    "ProposalWishRequest",
    "Provider",
    "ProviderChangeRequest",
    "ProviderContent",
    "ProviderContentOptions",
    "ProviderContentRequest",
    "ProviderContentRequestOptions",
    "ProviderDetail",
    "ProviderDetailLabels",
    "ProviderLabels",
    "ProviderVersion",
    "ProviderWishRequest",
    "Publication",
    "PublicationsListStateItem",
    "PublicationStateEnum",
    "PublishRequest",
    "Question",
    "QuestionsListStateItem",
    "QuestionSourceEnum",
    "QuestionStateEnum",
    "QuestionWishRequest",
    "Queue",
    "Reading",
    "Release",
    "ReleaseDetail",
    "ReleaseDifference",
    "ReleaseFiles",
    "ReleaseInput",
    "ReleaseNumber",
    "RenderedFile",
    "ReplyEnum",
    "ReplyStateEnum",
    "Request",
    "RequestDetail",
    "RequestStateEnum",
    "RestoreRequest",
    "RestoreVersionRequest",
    "RetirementRequest",
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
    "Revision",
    "RevisionDifference",
    "RevisionRow",
    "RevocationRequest",
    "Risk",
    "RiskEnum",
    "RiskKindEnum",
    "RoleEnum",
    "RollbackRequest",
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
    "RuntimeHintEnum",
    "ScopesEnum",
    "Seal",
    "SealKey",
    "SealKeys",
    "SessionStateEnum",
    "SeverityEnum",
    "SignedHead",
    "Similar",
    "Snooze",
    "SnoozeWishRequest",
    "Sop",
    "SopDetail",
    "SopsListAreaItem",
    "SopsListStateItem",
    "SopStateEnum",
    "SopVersion",
    "SopVersionApproversItem",
    "SopVersionRow",
    "SourceEnum",
    "SshKey",
    "SshKeyNothingRequest",
    "SshKeyUseRequest",
    "SshKeyWishRequest",
    "StatusEnum",
    "Stopped",
    "Subagent",
    "SubagentKindEnum",
    "SubagentsListKindItem",
    "SubagentsListStatusItem",
    "Subject",
    "SubmissionRequest",
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
    "ToolRule",
    "ToolRuleRequest",
    "ToolRules",
    "ToolRulesChangeRequest",
    "ToolRulesContent",
    "ToolRulesContentRequest",
    "ToolRulesDetail",
    "ToolRulesDetailLabels",
    "ToolRulesLabels",
    "ToolRulesVersion",
    "ToolRulesWishRequest",
    "TopicEnum",
    "TransportEnum",
    "TurnEnum",
    "Use",
    "UserKindEnum",
    "UserMessageStatusEnum",
    "VerbsEnum",
    "VerdictEnum",
    "VersionDifference",
    "VersionRow",
    "WantedEnum",
    "WhereUsed",
    "WishRequest",
    "WishRequestArguments",
    "WithdrawalRequest",
)
