"""The two doors to what is configured, as the tests open them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from configs.pages.doors import ADMIN_DOOR, CONFIGURE_DOOR, Door
from configs.queries import read_content
from tests.admin.doors import Page, open_page

DOORS: dict[str, Door] = {"admin": ADMIN_DOOR, "configure": CONFIGURE_DOOR}


def url_of(kind: str, view: str, *args: str, door: str = "admin") -> str:
    return DOORS[door].url(kind, view, *args)


def open_fresh(client: Client, row: Any, door: str = "admin") -> Page:
    """The form of something, as it stands."""
    return open_page(client, url_of(row.kind, "edit", row.pk, door=door))


def read_said(row: Any, number: int | None = None) -> Any:
    """The content of a version, of whatever kind."""
    return read_content(row, number)
