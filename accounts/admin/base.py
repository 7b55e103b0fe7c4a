"""What every page of the admin shares: who asks, what they may see, and how a refusal reads.

The built-in admin is used as a reading room with buttons. Nothing is edited through a model form: pages
show facts, and each button or form posts to one address that calls one domain function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from accounts.admin.panels import build_panels
from accounts.principal import Principal
from accounts.reauthentication import ask_for_password, read_password_check
from events.actors import Door
from events.changes import changes
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from events.models import AuditEntry

T = TypeVar("T")
PRINCIPAL = "_countersign_principal"
HISTORY_LENGTH = 200


def get_principal(request: HttpRequest) -> Principal:
    """Who stands at the admin's door; made once for a request, so that roles are read once."""
    principal: Principal | None = getattr(request, PRINCIPAL, None)
    checked_at = read_password_check(request)
    if principal is None or principal.user != request.user or principal.password_checked_at != checked_at:
        user: Any = request.user  # admin_view let a user in
        principal = Principal(user, Door.ADMIN, password_checked_at=checked_at)
        setattr(request, PRINCIPAL, principal)
    return principal


def perform(request: HttpRequest, act: Callable[[], T]) -> T:
    """Run one act of the person at the door as one transaction: all of it, or nothing."""
    with changes(get_principal(request).actor):
        return act()


def answer_refusal(request: HttpRequest, sentence: str) -> HttpResponse:
    """The 403 page; without an exception, because a refusal is audited and needs no traceback in the log."""
    return render(request, "403.html", {"exception": sentence}, status=403)


def answer_domain_error(
    request: HttpRequest, error: DomainError, then: Callable[[], HttpResponse]
) -> HttpResponse:
    """A refusal is a 403 page, a missing thing 404; anything else is a message on what `then` answers."""
    if isinstance(error, Refused):
        return answer_refusal(request, error.message)
    if isinstance(error, NotFound):
        raise Http404(error.message) from error
    level = messages.WARNING if isinstance(error, Conflict) else messages.ERROR
    messages.add_message(request, level, error.message)
    return then()


def name_page(request: HttpRequest, url: str) -> dict[str, str]:
    """Context of a page that is also the answer to a refused press: the button's address can't be opened."""
    return {"page_url": url} if request.method == "POST" else {}


def refuse_method(request: HttpRequest, *allowed: str) -> HttpResponse:
    """405 with a page: after logging in, a browser opens the address that a button had posted to."""
    response = render(request, "405.html", status=405)
    response.headers["Allow"] = ", ".join(allowed)
    return response


Action = Callable[..., HttpResponse]


def post_action(view: Action) -> Callable[..., HttpResponse]:
    """A button's address: POST only, on one visible object; what the domain refuses becomes a clear answer.

    `view(self, request, obj)` does its work and says where to go next.
    """

    @wraps(view)
    def answer(self: PortalModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return refuse_method(request, "POST")
        obj = self.get_visible(request, object_id)
        return self.carry_out(request, obj, lambda: view(self, request, obj))

    return answer


def recent_post_action(view: Action) -> Callable[..., HttpResponse]:
    """The same for what makes or shows a secret: asks for the password when the login is not recent."""

    @wraps(view)
    def answer(self: PortalModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return refuse_method(request, "POST")
        obj = self.get_visible(request, object_id)
        # Before the transaction: nothing waits for a password check.
        asked = ask_for_password(request)
        return asked or self.carry_out(request, obj, lambda: view(self, request, obj))

    return answer


@dataclass(frozen=True, slots=True)
class Button:
    """One POST button: its address, its words, how it looks ("", "ok" or "bad"), and what it will do."""

    url: str
    label: str
    tone: str = ""
    hint: str = ""


class PortalModelAdmin(admin.ModelAdmin):
    """Read-only; rights come from `policies`, rows from `queries`, state changes from `domain`."""

    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    change_form_template = "admin/object.html"
    add_form_template = "admin/domain_form.html"
    # The kind under which the audit chain knows these objects.
    subject_kind: ClassVar[str] = ""
    # What people read; the model's own names where these are empty.
    singular: ClassVar[str] = ""
    plural: ClassVar[str] = ""
    list_name: ClassVar[str] = ""
    # One sentence under the list's title, and one in the place of an empty list.
    list_description: ClassVar[str] = ""
    empty_text: ClassVar[str] = "Nothing here yet."
    # Whether what the add page makes is shown as a secret: it asks for the password before the form.
    adds_secret: ClassVar[bool] = False

    # What a subclass says -------------------------------------------------------------------------

    def list_visible(self, principal: Principal) -> QuerySet[Any]:
        """The rows this principal sees, from the app's `queries`."""
        raise NotImplementedError

    def can_see(self, principal: Principal, obj: Any) -> bool:
        """The app's policy for one object."""
        raise NotImplementedError

    def can_list(self, principal: Principal) -> bool:
        """Whether the list stands in this principal's menu."""
        return True

    def can_add(self, principal: Principal) -> bool:
        return False

    def object_buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        """POST buttons at the top of the object's page."""
        return []

    def object_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the object's page shows besides its facts."""
        return {}

    # Rights: policies alone -----------------------------------------------------------------------

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        principal = get_principal(request)
        return self.can_list(principal) if obj is None else self.can_see(principal, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.can_add(get_principal(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = self.list_visible(get_principal(request))
        ordering = self.get_ordering(request)
        return visible.order_by(*ordering) if ordering else visible

    def get_visible(self, request: HttpRequest, object_id: str) -> Any:
        """Raises Http404 alike for what does not exist and for what this principal may not see."""
        try:
            obj = self.get_object(request, unquote(object_id))
        except (DataError, OverflowError):
            # No row can have such a key.
            obj = None
        if obj is None or not self.can_see(get_principal(request), obj):
            raise Http404
        return obj

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The declared filters alone: any other column in the address would be a way to guess its content."""
        return lookup in {getattr(found, "parameter_name", None) for found in self.list_filter}

    # Pages ----------------------------------------------------------------------------------------

    @property
    def media(self) -> forms.Media:
        """Nothing here needs the stock admin's widgets."""
        return forms.Media()

    def get_urls(self) -> list[URLPattern]:
        """The stock addresses without deletion; a subclass's buttons come first."""
        stock = [pattern for pattern in super().get_urls() if not is_deletion(pattern)]
        return [*self.action_urls(), *stock]

    def action_urls(self) -> list[URLPattern]:
        return []

    def action_path(self, route: str, view: Callable[..., Any]) -> URLPattern:
        """One button's address, named `<app>_<model>_<last word of the route>`."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_{route.strip('/').split('/')[-1]}"
        return path(route, self.admin_site.admin_view(view), name=name)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD")
        context = {
            **self.names(),
            "title": self.names()["list_name"],
            "list_description": self.list_description,
            "empty_text": self.empty_text,
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def names(self) -> dict[str, str]:
        plural = self.plural or str(self.opts.verbose_name_plural)
        return {
            "singular": self.singular or str(self.opts.verbose_name),
            "plural": plural,
            "list_name": self.list_name or capfirst(plural),
        }

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD")
        obj = self.get_visible(request, object_id)
        context = {
            **self.names(),
            "buttons": self.object_buttons(request, obj),
            "panels": build_panels(get_principal(request), obj),
            "title": str(obj),
            "subtitle": None,
            **self.object_context(request, obj),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the audit chain says of this object, newest first."""
        obj = self.get_visible(request, object_id)
        entries = AuditEntry.objects.filter(subject_kind=self.subject_kind, subject_id=obj.pk).order_by("-n")
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            "title": f"History of {obj}",
            "entries": entries[:HISTORY_LENGTH],
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    # Forms that call the domain -------------------------------------------------------------------

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        """The add page's form, bound on POST."""
        raise NotImplementedError

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Call the domain with the valid form and say where to go next."""
        raise NotImplementedError

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if self.adds_secret and (asked := ask_for_password(request)):
            return asked
        if request.method not in {"GET", "HEAD", "POST"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        form = self.make_add_form(request)
        status = 200
        if request.method == "POST":
            status = 400
            if form.is_valid():
                try:
                    return perform(request, lambda: self.submit_add_form(request, form))
                except Refused as error:
                    return answer_refusal(request, error.message)
                except DomainError as error:
                    add_domain_error(form, error)
                    status = error.status
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            "title": f"Add {self.names()['singular']}",
            "form": form,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.add_form_template, context, status=status)

    # Answers --------------------------------------------------------------------------------------

    def carry_out(self, request: HttpRequest, obj: Any, work: Callable[[], HttpResponse]) -> HttpResponse:
        """Run a button's work as one transaction; what the domain refuses becomes a clear answer."""
        try:
            return perform(request, work)
        except DomainError as error:
            return self.answer_error(request, obj, error)

    def answer_error(self, request: HttpRequest, obj: Any, error: DomainError) -> HttpResponse:
        return answer_domain_error(request, error, lambda: self.redirect_to(obj))

    def redirect_to(self, obj: Model) -> HttpResponseRedirect:
        """Back to the object's page."""
        return HttpResponseRedirect(self.url_of(obj))

    def frame_page(self, request: HttpRequest, obj: Model) -> dict[str, Any]:
        """What the context of a page of one object begins with, also where it answers a refused press."""
        return {
            **self.admin_site.each_context(request),
            **name_page(request, self.url_of(obj)),
            "opts": self.opts,
        }

    def url_of(self, obj: Model, view: str = "change") -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}", args=[obj.pk])

    def list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    # The stock log is off: the audit chain is the log.

    def log_addition(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        return

    def log_change(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        return

    def log_deletions(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        return


def is_deletion(pattern: URLPattern) -> bool:
    return str(pattern.name).endswith("_delete")


def add_domain_error(form: forms.Form, error: DomainError) -> None:
    """Show the domain's sentence at the field it names, else above the form."""
    field = error.facts.get("field") if isinstance(error, Invalid) else None
    form.add_error(field if field in form.fields else None, error.message)
