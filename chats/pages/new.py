"""Beginning a chat: which engine, where, which agent, and the first message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.admin.base import answer_domain_error, get_principal, perform, refuse_method
from accounts.principal import Principal
from chats.domain.chats import create_chat
from chats.domain.sending import send_message
from chats.pages.acts import split_tags
from chats.pages.choices import Choices, build_choices, split_model
from chats.pages.desk import render
from chats.pages.menu import may_create
from chats.policies import explain_not_creating
from chats.queries import list_folders
from engines.admin.states import describe_engine
from engines.models import Chat, Engine
from engines.queries import list_engines
from events.errors import DomainError, Invalid
from governance.admin.confirmations import read_typed

FIELDS = ("title", "agent", "model", "variant", "directory", "tags", "text")


@dataclass(frozen=True, slots=True)
class EngineOption:
    engine: Engine
    words: str
    is_chosen: bool


def answer_new(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        return refuse_method(request, "GET", "HEAD", "POST")
    principal = get_principal(request)
    if not may_create(principal):
        raise PermissionDenied
    engines = list_writable_engines(principal)
    engine = choose_engine(request, engines)
    # Another engine has other folders and agents: the form is shown again with its own.
    if request.method != "POST" or "look" in request.POST:
        return render_form(request, engines, engine)
    try:
        chat = perform(request, lambda: begin(request, principal, engine))
    except DomainError as error:
        wrong = error
        return answer_domain_error(
            request, error, lambda: render_form(request, engines, engine, status=wrong.status)
        )
    return HttpResponseRedirect(f"{reverse('chats:show', args=[chat.pk])}#latest")


def list_writable_engines(principal: Principal) -> list[Engine]:
    rows = list_engines(principal).select_related("team").defer("password").order_by("name", "pk")
    return [engine for engine in rows if not explain_not_creating(principal, engine.team_id)]


def choose_engine(request: HttpRequest, engines: list[Engine]) -> Engine | None:
    wanted = request.POST.get("engine", "") or request.GET.get("engine", "")
    found = next((engine for engine in engines if engine.pk == wanted), None)
    usable = (engine for engine in engines if engine.is_enabled)
    return found or next(usable, engines[0] if engines else None)


def begin(request: HttpRequest, principal: Principal, engine: Engine | None) -> Chat:
    """The chat with its first message, or, without one, the chat alone."""
    if engine is None:
        raise Invalid("Choose an engine.", field="engine")
    chat = create_chat(
        principal=principal,
        team=engine.team,
        engine=engine,
        title=request.POST.get("title", ""),
        agent=request.POST.get("agent", ""),
        directory=request.POST.get("directory", ""),
        tags=split_tags(request.POST.get("tags", "")),
    )
    text = read_typed(request, "text")
    if text.strip():
        provider, model = split_model(request.POST.get("model", ""))
        variant = request.POST.get("variant", "")
        send_message(
            principal=principal, chat_id=chat.pk, text=text, provider=provider, model=model, variant=variant
        )
    else:
        messages.info(request, "The chat stands; its session begins with your first message.")
    return chat


def render_form(
    request: HttpRequest, engines: list[Engine], engine: Engine | None, *, status: int = 200
) -> HttpResponse:
    typed = {name: read_typed(request, name) for name in FIELDS}
    choices: Choices | None = None
    if engine is not None:
        choices = build_choices(engine, agent=typed["agent"], model=typed["model"], variant=typed["variant"])
    context: dict[str, Any] = {
        "title": "New chat",
        "engines": [EngineOption(each, describe_option(each), each == engine) for each in engines],
        "engine": engine,
        "folders": list_folders(engine) if engine else [],
        "choices": choices,
        "typed": typed,
    }
    return render(request, "chats/new.html", context, status=status)


def describe_option(engine: Engine) -> str:
    state = describe_engine(engine).word
    return f"{engine.name} ({engine.team.name}, {state})"
