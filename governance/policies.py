"""Who may see, read in full, ask, decide and withdraw."""

from __future__ import annotations

from accounts.enums import Role, Scope
from accounts.models import Team, User
from accounts.principal import Principal
from events.actors import ActorKind
from governance.enums import RequestSource, Risk
from governance.models import PermissionRequest, Question, WhitelistAction, WhitelistTarget


def can_see_request(principal: Principal, request: PermissionRequest) -> bool:
    """State and metadata: the team's members and owners."""
    if not principal.has_scope(Scope.REQUESTS_READ):
        return is_own_request(principal, request) and principal.has_scope(Scope.REQUESTS_CREATE)
    return principal.sees_all_teams or request.team_id in principal.team_ids


def can_read_summary(principal: Principal, request: PermissionRequest) -> bool:
    """What is asked, secrets masked, and what was said about it: members only, as `can_read_full`."""
    return request.team_id in principal.team_ids


def can_read_full(principal: Principal, request: PermissionRequest) -> bool:
    """The unmasked command: members only, owners included only as members; tokens need the scope."""
    return request.team_id in principal.team_ids and principal.has_scope(Scope.REQUESTS_READ_FULL)


def can_create_request(principal: Principal, team_id: str) -> bool:
    return team_id in principal.team_ids and principal.has_scope(Scope.REQUESTS_CREATE)


def can_cancel_request(principal: Principal, request: PermissionRequest) -> bool:
    """Whoever asked through a form or the API may withdraw it."""
    return is_own_request(principal, request) and principal.has_scope(Scope.REQUESTS_CREATE)


def is_own_request(principal: Principal, request: PermissionRequest) -> bool:
    return request.source == RequestSource.API and request.requester_id == principal.user.pk


def was_asked_by(principal: Principal, request: PermissionRequest) -> bool:
    """This person asked for it by form or API, themselves or through a service account they own."""
    if request.source != RequestSource.API:
        return False
    if request.requester_kind == ActorKind.SERVICE:
        return request.requester_id in principal.service_account_ids
    return bool(request.requester_id == principal.user.pk)


def explain_not_deciding(principal: Principal, request: PermissionRequest) -> str:
    """Why this principal may not decide this request; "" when they may. About rights, not about its state."""
    user = principal.user
    if user.is_service:
        return "Service accounts never decide."
    if not user.is_active:
        return "This user is retired."
    if request.team_id not in principal.team_ids:
        return "Only members of the request's team decide it."
    if principal.token is not None:
        if not principal.has_scope(Scope.REQUESTS_DECIDE):
            return "This token lacks the scope requests:decide."
        if not request.team.tokens_may_decide:
            return "This team does not let API tokens decide."
        if request.risk == Risk.HIGH:
            return "API tokens never decide requests of high risk."
    if was_asked_by(principal, request):
        return "Nobody decides what they, or a service account they own, asked for."
    if principal.has_role(request.team_id, Role.deciding()) or is_chat_user(user, request):
        return ""
    return "Only approvers of the team decide."


def is_chat_user(user: User, asked: PermissionRequest | Question) -> bool:
    chat = asked.chat
    return bool(chat is not None and chat.user_id == user.pk and asked.team.chat_user_may_decide)


def can_decide(principal: Principal, request: PermissionRequest) -> bool:
    return not explain_not_deciding(principal, request)


def explain_not_commenting(principal: Principal, request: PermissionRequest) -> str:
    """Why this principal may not comment; "" when they may: people of the team, whatever their role."""
    if principal.user.is_service:
        return "Service accounts do not comment."
    if request.team_id not in principal.team_ids:
        return "Only members of the request's team comment on it."
    if not principal.has_scope(Scope.REQUESTS_DECIDE):
        return "This token lacks the scope requests:decide."
    return ""


def can_read_comments(principal: Principal, request: PermissionRequest) -> bool:
    """What people say to each other about a request: members, and no agent."""
    return can_read_summary(principal, request) and not principal.user.is_service


def explain_not_snoozing(principal: Principal, request: PermissionRequest) -> str:
    """Why this principal may not put it off; "" when they may: people of the team, for themselves."""
    if principal.user.is_service:
        return "Service accounts have no list to put it off from."
    if request.team_id not in principal.team_ids:
        return "Only members of the request's team put it off."
    if not principal.has_scope(Scope.REQUESTS_DECIDE):
        return "This token lacks the scope requests:decide."
    return ""


def can_see_question(principal: Principal, question: Question) -> bool:
    """State and metadata: the team's members and owners; whoever may only ask sees their own."""
    if not principal.has_scope(Scope.QUESTIONS_READ):
        return is_own_question(principal, question) and principal.has_scope(Scope.QUESTIONS_ASK)
    return principal.sees_all_teams or question.team_id in principal.team_ids


def can_read_question(principal: Principal, question: Question) -> bool:
    """What is asked and answered: for people of the team, and for the agent that asked."""
    if question.team_id not in principal.team_ids:
        return False
    return not principal.user.is_service or is_own_question(principal, question)


def can_ask_question(principal: Principal, team_id: str) -> bool:
    return team_id in principal.team_ids and principal.has_scope(Scope.QUESTIONS_ASK)


def can_withdraw_question(principal: Principal, question: Question) -> bool:
    return is_own_question(principal, question) and principal.has_scope(Scope.QUESTIONS_ASK)


def is_own_question(principal: Principal, question: Question) -> bool:
    return question.source == RequestSource.API and question.requester_id == principal.user.pk


def explain_not_answering(principal: Principal, question: Question) -> str:
    """Why this principal may not answer or reject it; "" when they may. About rights, not about its state.

    The owner of a service account may answer it: an answer permits nothing.
    """
    user = principal.user
    if user.is_service:
        return "Service accounts never answer for people."
    if not user.is_active:
        return "This user is retired."
    if question.team_id not in principal.team_ids:
        return "Only members of the question's team answer it."
    if principal.token is not None:
        if not principal.has_scope(Scope.QUESTIONS_ANSWER):
            return "This token lacks the scope questions:answer."
        if not question.team.tokens_may_decide:
            return "This team does not let API tokens decide, nor answer."
    if is_own_question(principal, question):
        return "Nobody answers their own question."
    if principal.has_role(question.team_id, Role.deciding()) or is_chat_user(user, question):
        return ""
    return "Only approvers of the team answer."


# A rule is a standing decision, so who decides also writes rules; for editors it is theirs to prepare.
RULE_WRITERS = frozenset({Role.EDITOR, *Role.deciding()})


def can_see_rule(principal: Principal, rule: WhitelistAction | WhitelistTarget) -> bool:
    """People of its team: what a rule covers is what a way round it needs to know."""
    return can_list_rules(principal) and rule.team_id in principal.team_ids


def can_list_rules(principal: Principal) -> bool:
    return not principal.user.is_service and principal.has_scope(Scope.RULES_READ)


def explain_not_evaluating(principal: Principal) -> str:
    """Why this principal may not ask what rules say; "" when they may: who may ask may find a way round."""
    if principal.user.is_service:
        return "Service accounts never ask what the rules say."
    return "" if principal.has_scope(Scope.RULES_EVALUATE) else "This token lacks the scope rules:evaluate."


def explain_not_editing_rules(principal: Principal, team_id: str) -> str:
    """Why this principal may not draft, or switch off what lets something through; "" when they may."""
    if principal.user.is_service:
        return "Service accounts never touch rules."
    if not principal.has_scope(Scope.RULES_WRITE):
        return "This token lacks the scope rules:write."
    if not principal.has_role(team_id, RULE_WRITERS):
        return "Only editors, approvers and admins of the team write its rules."
    return ""


def explain_not_activating_rules(principal: Principal, team: Team) -> str:
    """Why this principal may not change what applies: a standing decision, so as for one decision."""
    if refusal := explain_not_editing_rules(principal, team.pk):
        return refusal
    if not principal.has_role(team.pk, Role.deciding()):
        return "Only approvers and admins of the team change what applies."
    if principal.token is not None and not team.tokens_may_decide:
        return "This team does not let API tokens decide, nor change what decides."
    return ""


def can_waive_gate(principal: Principal) -> bool:
    """Let an engine work without its gate: owners, in a session."""
    return principal.token is None and principal.user.is_superuser
