# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ScopesEnum(StrEnum):
    AUDITREAD = "audit:read"
    CHATSREAD = "chats:read"
    CHATSWRITE = "chats:write"
    CONFIGSREAD = "configs:read"
    CONFIGSWRITE = "configs:write"
    ENGINESREAD = "engines:read"
    EVENTSREAD = "events:read"
    GATE = "gate"
    HEALTHREAD = "health:read"
    MCPMANAGE = "mcp:manage"
    MCPREAD = "mcp:read"
    MCPREQUEST = "mcp:request"
    METRICSREAD = "metrics:read"
    PROCEDURESREAD = "procedures:read"
    PROCEDURESWRITE = "procedures:write"
    QUESTIONSANSWER = "questions:answer"
    QUESTIONSASK = "questions:ask"
    QUESTIONSREAD = "questions:read"
    RELEASESPUBLISH = "releases:publish"
    RELEASESREAD = "releases:read"
    REQUESTSCREATE = "requests:create"
    REQUESTSDECIDE = "requests:decide"
    REQUESTSREAD = "requests:read"
    REQUESTSREAD_FULL = "requests:read-full"
    REVIEWSREAD = "reviews:read"
    REVIEWSWRITE = "reviews:write"
    RULESEVALUATE = "rules:evaluate"
    RULESREAD = "rules:read"
    RULESWRITE = "rules:write"
    SSH_KEYSREAD = "ssh_keys:read"
    SSH_KEYSSYNC = "ssh_keys:sync"
    SSH_KEYSWRITE = "ssh_keys:write"
    TEAMSREAD = "teams:read"

    def __str__(self) -> str:
        return str(self.value)
