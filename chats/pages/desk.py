"""What every page of chats needs: the chat itself, the frame around it, how a press is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin.base import answer_domain_error, get_principal, perform
from chats.pages.menu import build_menu
from chats.queries import find_chat
from engines.models import Chat
from events.errors import DomainError, Invalid, NotFound, Refused
from governance.admin.list_acts import is_from_script

FRAME = "admin/base_site.html"
# What a page that is open asks for again: its own parts, without the menus around them.
BARE_FRAME = "chats/bare.html"
# The field that says from which of the two doors a form was sent, and the admin's value of it.
DOOR, ADMIN = "door", "admin"


def get_chat(request: HttpRequest, chat_id: str) -> Chat:
    """Raises Http404 alike for what is not there and for what this person may not see."""
    try:
        return find_chat(get_principal(request), chat_id)
    except NotFound as error:
        raise Http404 from error


def render(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> TemplateResponse:
    if is_from_script(request):
        frame = {"frame": BARE_FRAME, "waiting_count": count_waiting(request)}
    else:
        frame = {
            "frame": FRAME,
            **admin.site.each_context(request),
            "menu_template": "chats/menu.html",
            "chat_menu": build_menu(request),
        }
    return TemplateResponse(request, template, {**frame, **context}, status=status)


def count_waiting(request: HttpRequest) -> int:
    counts: Any = admin.site
    found = counts.count_waiting(request)
    return found.total if found else 0


def chat_url(request: HttpRequest, chat: Chat, anchor: str = "latest") -> str:
    """The chat's page at the door that the form came from."""
    if request.POST.get(DOOR) == ADMIN:
        return f"{reverse('admin:engines_chat_change', args=[chat.pk])}#{anchor}"
    return f"{reverse('chats:show', args=[chat.pk])}#{anchor}"


def carry_out(
    request: HttpRequest, chat: Chat, work: Callable[[], str], *, anchor: str = "latest"
) -> HttpResponse:
    """Work as one transaction; it says what became of it, "" for what speaks for itself."""
    try:
        sentence = perform(request, work)
    except DomainError as error:
        return answer_error(request, chat, error, anchor=anchor)
    return answer(request, chat, sentence, anchor=anchor)


def answer(request: HttpRequest, chat: Chat, sentence: str, *, anchor: str = "latest") -> HttpResponse:
    if is_from_script(request):
        return JsonResponse({"level": "success", "message": sentence})
    if sentence:
        messages.success(request, sentence)
    return HttpResponseRedirect(chat_url(request, chat, anchor))


def answer_error(
    request: HttpRequest, chat: Chat, error: DomainError, *, url: str = "", anchor: str = "latest"
) -> HttpResponse:
    """What was refused: for the script a sentence, else on the next page. `url`: where it can be done."""
    if is_from_script(request):
        level = "error" if isinstance(error, Refused | Invalid) else "warning"
        told = {"level": level, "message": error.message, "code": error.code}
        return JsonResponse({**told, "url": url} if url else told, status=error.status)
    back = url or chat_url(request, chat, anchor)
    return answer_domain_error(request, error, lambda: HttpResponseRedirect(back))
