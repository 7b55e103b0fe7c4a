"""A request or a question of a chat, decided without leaving the chat: by the same forms as in the inbox."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from accounts.admin.base import answer_domain_error, get_principal, perform, refuse_method
from accounts.admin.opened import require_read
from chats.pages.asks import WrongAnswer
from chats.pages.desk import answer, answer_error, carry_out, get_chat, render
from chats.pages.show import render_chat
from engines.models import Chat
from events.errors import DomainError, Invalid, NotFound
from governance.admin.confirmations import read_typed
from governance.admin.deciding import (
    NEEDS_PAGE,
    approve_as_listed,
    approve_as_read,
    check_approval,
    deny_as_listed,
    deny_as_read,
)
from governance.admin.list_acts import is_from_script
from governance.admin.question_page import read_answers_form
from governance.admin.request_page import build_page
from governance.domain.questions import answer_question, read_question, reject_question
from governance.models import PermissionRequest, Question
from governance.policies import can_read_question
from governance.queries import get_request
from governance.question_queries import get_question


def get_asked(request: HttpRequest, chat: Chat, request_id: str) -> PermissionRequest:
    """Raises Http404 for a request that is none of this chat's."""
    try:
        asked = get_request(get_principal(request), request_id)
    except NotFound as error:
        raise Http404 from error
    if asked.chat_id != chat.pk:
        raise Http404
    return asked


def get_question_of(request: HttpRequest, chat: Chat, question_id: str) -> Question:
    """Raises Http404 for a question that is none of this chat's."""
    try:
        question = get_question(get_principal(request), question_id)
    except NotFound as error:
        raise Http404 from error
    if question.chat_id != chat.pk:
        raise Http404
    return question


# Requests -----------------------------------------------------------------------------------------


def answer_request_page(request: HttpRequest, chat_id: str, request_id: str) -> HttpResponse:
    """All of one request, and the form below it. A chat that is open shows it in place."""
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    chat = get_chat(request, chat_id)
    return render_request(request, chat, get_asked(request, chat, request_id))


def render_request(
    request: HttpRequest, chat: Chat, asked: PermissionRequest, *, status: int = 200
) -> HttpResponse:
    context = {
        **build_page(request, asked),
        "title": str(asked),
        "chat": chat,
        "approve_url": reverse("chats:approve", args=[chat.pk, asked.pk]),
        "deny_url": reverse("chats:deny", args=[chat.pk, asked.pk]),
        "typed": {"reason": read_typed(request, "reason")},
    }
    return render(request, "chats/request.html", context, status=status)


def answer_approve(request: HttpRequest, chat_id: str, request_id: str) -> HttpResponse:
    """Below the whole content, with everything that the request's own page asks for."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    chat = get_chat(request, chat_id)
    asked = get_asked(request, chat, request_id)
    try:
        confirmed, password_page = check_approval(request, asked)
        if password_page is not None:
            return password_page
        sentence = perform(request, lambda: approve_as_read(request, asked, confirmed))
    except DomainError as error:
        return refuse(request, chat, asked, error)
    return answer(request, chat, sentence, anchor=f"r-{asked.pk}")


def answer_deny(request: HttpRequest, chat_id: str, request_id: str) -> HttpResponse:
    if request.method != "POST":
        return refuse_method(request, "POST")
    chat = get_chat(request, chat_id)
    asked = get_asked(request, chat, request_id)
    try:
        sentence = perform(request, lambda: deny_as_read(request, asked))
    except DomainError as error:
        return refuse(request, chat, asked, error)
    return answer(request, chat, sentence, anchor=f"r-{asked.pk}")


def refuse(request: HttpRequest, chat: Chat, asked: PermissionRequest, error: DomainError) -> HttpResponse:
    """A wrong word keeps what was typed; what takes the request's own page leads there."""
    if error.code in NEEDS_PAGE:
        page = reverse("admin:governance_permissionrequest_change", args=[asked.pk])
        return answer_error(request, chat, error, url=page)
    if is_from_script(request):
        return answer_error(request, chat, error)
    fresh = get_asked(request, chat, asked.pk)
    return answer_domain_error(
        request, error, lambda: render_request(request, chat, fresh, status=error.status)
    )


def answer_short(request: HttpRequest, chat_id: str, request_id: str, verdict: str) -> HttpResponse:
    """A button beside a command that is shown whole; it was on the screen for as long as elsewhere."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    chat = get_chat(request, chat_id)
    asked = get_asked(request, chat, request_id)
    fingerprint = request.POST.get("fingerprint", "")
    try:
        if verdict == "approve":
            user = get_principal(request).user
            require_read(request.POST.get("opened", ""), subject_id=asked.pk, user_id=user.pk)
            sentence = perform(request, lambda: approve_as_listed(request, asked, fingerprint))
        else:
            sentence = perform(request, lambda: deny_as_listed(request, asked, fingerprint))
    except DomainError as error:
        page = reverse("chats:request", args=[chat.pk, asked.pk])
        return answer_error(
            request, chat, error, url=page if error.code in NEEDS_PAGE else "", anchor=f"r-{asked.pk}"
        )
    return answer(request, chat, sentence, anchor=f"r-{asked.pk}")


# Questions ----------------------------------------------------------------------------------------


def answer_answer(request: HttpRequest, chat_id: str, question_id: str) -> HttpResponse:
    """What was chosen and typed stays in the form when it is no answer."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    chat = get_chat(request, chat_id)
    question = get_question_of(request, chat, question_id)
    try:
        perform(request, lambda: answer_it(request, question))
    except Invalid as error:
        if is_from_script(request):
            return answer_error(request, chat, error)
        wrong = WrongAnswer(question.pk, request.POST, error)
        return render_chat(request, chat, wrong=wrong, status=error.status)
    except DomainError as error:
        return answer_error(request, chat, error, anchor=f"q-{question.pk}")
    return answer(request, chat, "Answered. The agent goes on.", anchor=f"q-{question.pk}")


def answer_it(request: HttpRequest, question: Question) -> None:
    principal = get_principal(request)
    answers: list[list[str]] = []
    if can_read_question(principal, question):
        items = read_question(principal=principal, question=question).items
        answers = read_answers_form(items, request.POST)
    answer_question(principal=principal, question_id=question.pk, answers=answers)


def answer_reject(request: HttpRequest, chat_id: str, question_id: str) -> HttpResponse:
    """Asks first: there is no undo."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    chat = get_chat(request, chat_id)
    question = get_question_of(request, chat, question_id)
    if request.POST.get("confirm") != "yes" and question.is_open:
        context = {"title": "Reject this question?", "chat": chat, "question": question}
        return render(request, "chats/reject.html", context)

    def reject() -> str:
        reject_question(principal=get_principal(request), question_id=question.pk)
        return "Rejected."

    return carry_out(request, chat, reject, anchor=f"q-{question.pk}")
