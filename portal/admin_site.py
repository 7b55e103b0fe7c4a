"""The built-in admin on our own site: its menu, its dashboard, who may enter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path

if TYPE_CHECKING:
    from governance.queries import WaitingCounts

# The menu's groups and what stands in each, in this order; anything else goes under the last one.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Inbox", ("PermissionRequest", "Question")),
    ("Reviews", ("Review", "Delegation")),
    ("Rules", ("WhitelistAction", "WhitelistTarget", "RuleProposal", "RuleReplay")),
    ("MCP", ("McpServer", "McpIncident")),
    ("Procedures", ("Proposal", "Sop")),
    ("Configure", ("Agent", "Prompt", "Instruction", "Model", "Provider", "ToolRules")),
    ("Engines", ("Engine", "Chat", "Subagent", "Release", "Publication")),
    ("Health", ("HealthCheck",)),
    ("People", ("User", "Invitation", "Team", "ApiToken", "SshKey", "LoginSession", "LoginThrottle")),
    ("Audit", ("AuditEntry",)),
    ("System", ()),
)
# Where Django's own plural is no name to read.
NAMES = {
    "ApiToken": "API tokens",
    "Chat": "Every chat",
    "HealthCheck": "Health",
    "LoginSession": "Logins",
    "LoginThrottle": "Login locks",
    "McpIncident": "MCP incidents",
    "McpServer": "MCP servers",
    "PermissionRequest": "Requests",
    "RuleProposal": "Proposals",
    "RuleReplay": "Replays",
    "Sop": "Procedures",
    "SshKey": "SSH keys",
    "ToolRules": "Rules for every agent",
    "WhitelistAction": "Rules",
    "WhitelistTarget": "Path rules",
}
ICONS = {
    "PermissionRequest": "inbox",
    "Question": "chat",
    "WhitelistAction": "hand",
    "WhitelistTarget": "branch",
    "RuleProposal": "spark",
    "RuleReplay": "clock",
    "Review": "people",
    "Delegation": "arrow",
    "Proposal": "chat",
    "Sop": "chain",
    "Agent": "spark",
    "Prompt": "chat",
    "Instruction": "eye",
    "Model": "machine",
    "Provider": "key",
    "ToolRules": "hand",
    "McpServer": "branch",
    "McpIncident": "warning",
    "Engine": "machine",
    "Release": "spark",
    "Publication": "send",
    "Chat": "chat",
    "Subagent": "branch",
    "HealthCheck": "pulse",
    "User": "person",
    "Team": "people",
    "ApiToken": "key",
    "SshKey": "key",
    "Invitation": "send",
    "LoginSession": "eye",
    "LoginThrottle": "lock",
    "AuditEntry": "chain",
}
MAY_ENTER = "_countersign_may_enter"


class PortalAdminSite(AdminSite):
    """The built-in admin with Countersign's name, menu and dashboard."""

    site_header = "Countersign"
    site_title = "Countersign"
    index_title = "Dashboard"
    site_url = ""
    index_template = "admin/dashboard.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Django registers its groups by itself; rights here come from roles, so they have no page."""
        models = model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        super().register(
            [model for model in models if model._meta.app_label != "auth"], admin_class, **options
        )

    def has_permission(self, request: HttpRequest) -> bool:
        """Asked several times for one request; the answer is read once."""
        known: tuple[Any, bool] | None = getattr(request, MAY_ENTER, None)
        if known is None or known[0] != request.user.pk:
            known = (request.user.pk, bool(request.user.is_active and request.user.is_staff))
            setattr(request, MAY_ENTER, known)
            if known[1]:
                from accounts.domain.login_sessions import touch_session

                touch_session(request)
        return known[1]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from accounts.admin.logging_in import reauthenticate

        own = [
            path("pulse/", self.admin_view(self.pulse), name="pulse"),
            path("health-banner/", self.admin_view(self.health_banner), name="health_banner"),
            path("confirm-password/", self.admin_view(reauthenticate), name="reauthenticate"),
        ]
        return [*own, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        # LogEntry is off; see the audit chain.
        context.pop("log_entries", None)
        counts = self.count_waiting(request)
        return {
            **context,
            "waiting_count": counts.total if counts else 0,
            "open_questions": counts.questions if counts else 0,
            "has_chats": counts is not None and self.has_chats(request),
        }

    def has_chats(self, request: HttpRequest) -> bool:
        """Whether the way to the chats stands in the menu: they are for members of a team."""
        from accounts.admin.base import get_principal  # models are not ready when this module is imported

        return bool(get_principal(request).team_ids)

    def count_waiting(self, request: HttpRequest) -> WaitingCounts | None:
        """What waits for a decision or an answer, as far as this person sees; None for who may not enter."""
        if not self.has_permission(request):
            return None
        from accounts.admin.base import get_principal  # models are not ready when this module is imported
        from governance.queries import count_waiting

        return count_waiting(get_principal(request))

    def pulse(self, request: HttpRequest) -> JsonResponse:
        """The number on every page's badge."""
        counts = self.count_waiting(request)
        return JsonResponse({"waiting": counts.total if counts else 0})

    def health_banner(self, request: HttpRequest) -> TemplateResponse:
        """What is not well, as it stands over every page; pages that are open read it again."""
        return TemplateResponse(request, "health/banner_page.html", {"has_permission": True})

    def get_log_entries(self, request: HttpRequest) -> Any:
        return None

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The menu by what people do, not by Django app; with `app_label`, that app alone."""
        apps = self._build_app_dict(request, app_label)
        if app_label is not None:
            return list(apps.values())
        models = {
            model["object_name"]: {
                **model,
                "name": NAMES.get(model["object_name"], model["name"]),
                "icon": ICONS.get(model["object_name"], "dot"),
            }
            for app in apps.values()
            for model in app["models"]
        }
        groups = []
        for name, members in GROUPS:
            wanted = members or tuple(sorted(models))
            found = [models.pop(member) for member in wanted if member in models]
            if found:
                groups.append({"name": name, "app_label": name.lower(), "app_url": "", "models": found})
        return groups

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from portal.dashboard import build_dashboard

        return super().index(request, {"dashboard": build_dashboard(request), **(extra_context or {})})

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's page; the old password is checked like a login, the new one stored by the domain."""
        from accounts.admin.logging_in import OwnPasswordView, mark_lock

        request.current_app = self.name
        view = OwnPasswordView.as_view(extra_context={**self.each_context(request), **(extra_context or {})})
        return mark_lock(view(request))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's page; failed attempts are counted, and too many are 429."""
        from accounts.admin.logging_in import LoginForm, mark_lock

        self.login_form = LoginForm
        return mark_lock(super().login(request, extra_context))
