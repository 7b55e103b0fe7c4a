"""One kind at one door: what all of its pages need to answer a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from accounts.admin.base import answer_domain_error, get_principal, perform, refuse_method
from accounts.models import Team
from accounts.principal import Principal
from configs.enums import ConfigKind
from configs.pages.doors import Door
from configs.pages.kinds import EVERYBODY, KindPage
from configs.policies import can_list_configs, explain_not_editing
from configs.queries import get_object, list_writable_teams
from events.errors import DomainError, NotFound

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a new thing becomes; `team` None is everybody's."""

    team: Team | None

    @property
    def value(self) -> str:
        return self.team.pk if self.team else EVERYBODY

    @property
    def words(self) -> str:
        return self.team.name if self.team else EVERYBODY

    @property
    def team_id(self) -> str | None:
        return self.team.pk if self.team else None


@dataclass(frozen=True, slots=True)
class Desk:
    door: Door
    page: KindPage

    def url(self, view: str, *args: str) -> str:
        return self.door.url(self.page.kind, view, *args)

    def get_row(self, request: HttpRequest, object_id: str) -> Any:
        """Raises Http404 alike for what is not there and for what this person may not see."""
        try:
            return get_object(get_principal(request), self.page.kind, object_id)
        except NotFound as error:
            raise Http404 from error

    def render(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> TemplateResponse:
        frame = {
            **self.door.context(request),
            "kind_page": self.page,
            "list_url": self.url("list"),
            "title": self.page.plural.capitalize(),
        }
        return TemplateResponse(request, template, {**frame, **context}, status=status)

    def carry_out(
        self, request: HttpRequest, back: str, work: Callable[[Principal], str | None]
    ) -> HttpResponse:
        """As the function below; a button is pressed by POST."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        return carry_out(request, back, work)


def carry_out(request: HttpRequest, back: str, work: Callable[[Principal], str | None]) -> HttpResponse:
    """Work as one transaction; it says where to go, else back, where errors are said."""
    principal = get_principal(request)
    try:
        return HttpResponseRedirect(perform(request, lambda: work(principal)) or back)
    except DomainError as error:
        return answer_domain_error(request, error, lambda: HttpResponseRedirect(back))


def list_owners(principal: Principal) -> list[Owner]:
    """Whose new things this person may make: their teams', and everybody's for owners."""
    owners = [Owner(team) for team in list_writable_teams(principal)]
    return owners if explain_not_editing(principal, None) else [*owners, Owner(None)]


def may_add(principal: Principal) -> bool:
    """From the roles, which are read once for a request: asked for the menu of every page."""
    return any(not explain_not_editing(principal, team_id) for team_id in [*principal.roles, None])


def may_list(principal: Principal) -> bool:
    return can_list_configs(principal)


def name_kind(kind: str) -> str:
    return ConfigKind(kind).label
