"""The admin's pages of what is configured: the shared pages of `configs.pages`, at the admin's addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from accounts.admin.base import PortalModelAdmin
from accounts.principal import Principal
from configs.enums import ConfigKind
from configs.models import Agent, Instruction, Model, Prompt, Provider, ToolRules
from configs.pages.acts import ACTS, answer_act
from configs.pages.desk import Desk, may_add, may_list
from configs.pages.doors import ADMIN_DOOR
from configs.pages.edit import answer_add, answer_edit, answer_preview
from configs.pages.kinds import KINDS
from configs.pages.lists import answer_list
from configs.pages.show import answer_show
from configs.pages.versions import answer_history, answer_versions
from configs.policies import can_see_config
from configs.queries import list_objects


class ConfiguredAdmin(PortalModelAdmin):
    """What the kinds share; each says which it is."""

    kind: ClassVar[str]

    @property
    def desk(self) -> Desk:
        return Desk(ADMIN_DOOR, KINDS[self.kind])

    def list_visible(self, principal: Principal) -> QuerySet[Any]:
        return list_objects(principal, self.kind)

    def can_see(self, principal: Principal, obj: Any) -> bool:
        return can_see_config(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return may_list(principal)

    def can_add(self, principal: Principal) -> bool:
        return may_add(principal)

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("preview/", partial(answer_preview, self.desk)),
            self.action_path("<str:object_id>/edit/", partial(answer_edit, self.desk)),
            self.action_path("<str:object_id>/versions/", partial(answer_versions, self.desk)),
            *(self.action_path(f"<str:object_id>/{act}/", self.carry(act)) for act in ACTS),
        ]

    def carry(self, act: str) -> Callable[..., HttpResponse]:
        return partial(answer_act, self.desk, act=act)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return answer_list(self.desk, request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return answer_add(self.desk, request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return answer_show(self.desk, request, object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return answer_history(self.desk, request, object_id)


@admin.register(Agent)
class AgentAdmin(ConfiguredAdmin):
    kind = ConfigKind.AGENT


@admin.register(Prompt)
class PromptAdmin(ConfiguredAdmin):
    kind = ConfigKind.PROMPT


@admin.register(Instruction)
class InstructionAdmin(ConfiguredAdmin):
    kind = ConfigKind.INSTRUCTION


@admin.register(Model)
class ModelAdmin(ConfiguredAdmin):
    kind = ConfigKind.MODEL


@admin.register(Provider)
class ProviderAdmin(ConfiguredAdmin):
    kind = ConfigKind.PROVIDER


@admin.register(ToolRules)
class ToolRulesAdmin(ConfiguredAdmin):
    kind = ConfigKind.TOOL_RULES
