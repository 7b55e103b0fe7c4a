from __future__ import annotations

from django.db import models


class UserKind(models.TextChoices):
    PERSON = "person", "person"
    SERVICE = "service", "service account"


class Role(models.TextChoices):
    """A membership's role in one team.

    Each includes the ones before it, except that editing and approving are separate duties: an editor does
    not decide, an approver does not edit.
    """

    VIEWER = "viewer", "viewer"
    EDITOR = "editor", "editor"
    APPROVER = "approver", "approver"
    ADMIN = "admin", "team admin"

    @classmethod
    def deciding(cls) -> frozenset[str]:
        return frozenset({cls.APPROVER, cls.ADMIN})

    @classmethod
    def managing(cls) -> frozenset[str]:
        return frozenset({cls.ADMIN})


class ThrottleKind(models.TextChoices):
    """What failed password checks are counted by; see `accounts.domain.login_throttles`."""

    ACCOUNT_ADDRESS = "account_address", "one account from one address"
    ADDRESS = "address", "one address, whatever the account"
    ACCOUNT = "account", "one account, from addresses it has not been used from"


class Scope(models.TextChoices):
    """What an API token may do; a session has them all, limited by its user's roles."""

    REQUESTS_READ = "requests:read", "read permission requests, secrets masked"
    REQUESTS_READ_FULL = "requests:read-full", "read full commands and arguments"
    REQUESTS_CREATE = "requests:create", "ask for permission, wait for the answer, withdraw"
    REQUESTS_DECIDE = "requests:decide", "approve and deny"
    ENGINES_READ = "engines:read", "read engines"
    CHATS_READ = "chats:read", "read chats and subagents"
    CHATS_WRITE = "chats:write", "begin chats, send messages, withdraw and retry them, stop turns"
    EVENTS_READ = "events:read", "follow the event stream"
    TEAMS_READ = "teams:read", "read teams"
    AUDIT_READ = "audit:read", "read the audit chain, for owners"
    RULES_READ = "rules:read", "read the team's rules"
    RULES_WRITE = "rules:write", "draft, switch and retire the team's rules"
    RULES_EVALUATE = "rules:evaluate", "ask what the team's rules say of a call"
    REVIEWS_READ = "reviews:read", "read the team's reviews"
    REVIEWS_WRITE = "reviews:write", "comment on reviews, withdraw one's own"
    CONFIGS_READ = "configs:read", "read agents, prompts, models and the engine's tool rules"
    CONFIGS_WRITE = "configs:write", "save drafts of them, move labels that are not protected"
    RELEASES_READ = "releases:read", "read releases, publications and drift"
    RELEASES_PUBLISH = "releases:publish", "build and publish releases, roll back"
    MCP_READ = "mcp:read", "read MCP servers, what was asked for and what was found"
    MCP_REQUEST = "mcp:request", "ask for MCP servers, withdraw one's own requests"
    MCP_MANAGE = "mcp:manage", "suspend, resume and revoke MCP servers, switch their tools, set their secrets"
    PROCEDURES_READ = "procedures:read", "read proposals and standing operating procedures"
    PROCEDURES_WRITE = "procedures:write", "write, revise, submit and comment on proposals"
    QUESTIONS_READ = "questions:read", "read questions"
    QUESTIONS_ASK = "questions:ask", "ask people a question and wait for the answer"
    QUESTIONS_ANSWER = "questions:answer", "answer and reject questions"
    GATE = "gate", "ask for one engine's tool calls before they run; for the plugin in that engine"
    HEALTH_READ = "health:read", "read how the components are, and were"
    SSH_KEYS_READ = "ssh_keys:read", "read one's own SSH keys"
    SSH_KEYS_WRITE = "ssh_keys:write", "add one's own SSH keys, change and delete them"
    SSH_KEYS_SYNC = "ssh_keys:sync", "read who may log in to the team's sandbox, as authorized_keys"
    METRICS_READ = "metrics:read", "read /metrics, for owners and their service accounts"

    @classmethod
    def for_services(cls) -> frozenset[str]:
        """Service accounts never decide and are no owners, so their tokens can't either.

        They are what agents run as, and an agent learns a rule's message, never its pattern. Nor do they
        decide what an engine runs: they draft it, people publish it. Nor do they answer for people,
        or let anybody log in.
        """
        of_people = {cls.REQUESTS_DECIDE, cls.AUDIT_READ, cls.RELEASES_PUBLISH}
        of_people |= {cls.MCP_MANAGE, cls.QUESTIONS_ANSWER, cls.SSH_KEYS_READ, cls.SSH_KEYS_WRITE}
        return frozenset(cls.values) - of_people - {cls.RULES_READ, cls.RULES_WRITE, cls.RULES_EVALUATE}
