"""The admin as a browser uses it: sessions, forms with their tokens, and what a page says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.admin.opened import stamp_opened
from accounts.models import User
from governance.models import PermissionRequest

INBOX = "admin:governance_permissionrequest_changelist"


def enter(user: User, **options: Any) -> Client:
    """A browser in which this user has logged in."""
    client = Client(**options)
    client.force_login(user)
    return client


def address(model: str, view: str, *args: str) -> str:
    """The admin's address of "app_model" and one of its views."""
    return reverse(f"admin:{model}_{view}", args=args)


def request_url(request: PermissionRequest, view: str = "change") -> str:
    return address("governance_permissionrequest", view, request.pk)


def own_address(response: Any) -> list[str]:
    """Where a page says that it stands, as those do that answer a press."""
    return [link["href"] for link in read(response).find("link", rel="canonical")]


def approve(client: Client, request: PermissionRequest, **values: str) -> Any:
    """Press Approve on the request's page."""
    data = {"fingerprint": request.fingerprint, "opened": opened_earlier(client, request.pk), **values}
    return client.post(request_url(request, "approve"), data)


def deny(client: Client, request: PermissionRequest, **values: str) -> Any:
    data = {"fingerprint": request.fingerprint, "opened": opened_earlier(client, request.pk), **values}
    return client.post(request_url(request, "deny"), data)


def opened_earlier(client: Client, subject_id: str) -> str:
    """What stands in a page that this person opened two seconds ago."""
    with time_machine.travel(timezone.now() - timedelta(seconds=2), tick=False):
        return stamp_opened(subject_id=subject_id, user_id=client.session["_auth_user_id"])


def press_row(client: Client, request: PermissionRequest, verb: str, **options: Any) -> Any:
    """Press Approve or Deny in the request's row, as the list's form sends it."""
    data = {f"fingerprint-{request.pk}": request.fingerprint, "list_query": ""}
    return client.post(request_url(request, f"{verb}-from-list"), data, **options)


@dataclass
class Page(HTMLParser):
    """What a page holds: elements as (tag, attributes), forms, and its text without mark-up."""

    html: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data + " "

    def find(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Attributes of every such element; `data_act` stands for `data-act`."""
        named = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and named.items() <= attributes.items()
        ]

    def row_ids(self) -> list[str]:
        """The requests of an inbox page, in their order."""
        return [attributes["data-id"] for attributes in self.find("tr") if "data-id" in attributes]

    def acts(self) -> list[tuple[str, str]]:
        """(act, request id) of every button and link with which one decides in the list."""
        found = []
        for _, attributes in self.elements:
            if "data-act" in attributes:
                target = attributes.get("formaction") or attributes.get("href", "")
                found.append((attributes["data-act"], target.split("/")[4]))
        return found


def read(response: Any) -> Page:
    return Page(response.content.decode())


def open_page(client: Client, url: str, **options: Any) -> Page:
    """A page that is there."""
    response = client.get(url, **options)
    assert response.status_code == 200, (url, response.status_code)
    return read(response)


def open_inbox(client: Client, **query: str) -> Page:
    return open_page(client, reverse(INBOX), data=query)


def messages_of(response: Any) -> list[str]:
    """What the next page will say."""
    return [str(message) for message in response.wsgi_request._messages]  # noqa: SLF001 - Django's own place
