"""The addresses of the pages of chats; who may enter is asked as for the admin."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from chats.pages.acts import ACTS, MESSAGE_ACTS, answer_act, answer_message_act
from chats.pages.deciding import (
    answer_answer,
    answer_approve,
    answer_deny,
    answer_reject,
    answer_request_page,
    answer_short,
)
from chats.pages.listing import answer_list
from chats.pages.menu import answer_menu
from chats.pages.new import answer_new
from chats.pages.show import answer_show

app_name = "chats"
View = Callable[..., HttpResponse]


def enter(view: View) -> View:
    """The admin's own door: whoever is not logged in goes to its login page and comes back."""
    return admin.site.admin_view(view)


ONE = "<str:chat_id>/"
REQUEST = f"{ONE}requests/<str:request_id>/"
QUESTION = f"{ONE}questions/<str:question_id>/"

urlpatterns = [
    path("", enter(answer_list), name="list"),
    path("new/", enter(answer_new), name="new"),
    path("menu/", enter(answer_menu), name="menu"),
    path(ONE, enter(answer_show), name="show"),
    *(path(f"{ONE}{act}/", enter(answer_act), {"act": act}, name=act) for act in ACTS),
    *(
        path(f"{ONE}messages/<str:message_id>/{act}/", enter(answer_message_act), {"act": act}, name=act)
        for act in MESSAGE_ACTS
    ),
    path(REQUEST, enter(answer_request_page), name="request"),
    path(f"{REQUEST}approve/", enter(answer_approve), name="approve"),
    path(f"{REQUEST}deny/", enter(answer_deny), name="deny"),
    *(
        path(f"{REQUEST}{verdict}-shown/", enter(answer_short), {"verdict": verdict}, name=f"{verdict}-shown")
        for verdict in ("approve", "deny")
    ),
    path(f"{QUESTION}answer/", enter(answer_answer), name="answer"),
    path(f"{QUESTION}reject/", enter(answer_reject), name="reject"),
]
