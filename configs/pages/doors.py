"""The two doors to the same pages: the admin, and the plain editor at /configure/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from configs.pages.kinds import KINDS


class Door(Protocol):
    def url(self, kind: str, view: str, *args: str) -> str:
        """The address of one view ("list", "add", "show", "edit", …) of a kind's pages."""
        ...

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """What the frame around every page needs."""
        ...


# What the admin calls the views it has itself.
STOCK_VIEWS = {"list": "changelist", "show": "change"}


@dataclass(frozen=True, slots=True)
class AdminDoor:
    def url(self, kind: str, view: str, *args: str) -> str:
        model = kind.replace("_", "")
        return reverse(f"admin:configs_{model}_{STOCK_VIEWS.get(view, view)}", args=args)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return admin.site.each_context(request)


@dataclass(frozen=True, slots=True)
class ConfigureDoor:
    def url(self, kind: str, view: str, *args: str) -> str:
        return reverse(f"configure:{view}", args=[KINDS[kind].slug, *args])

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **admin.site.each_context(request),
            "menu_template": "configs/menu.html",
            "kind_pages": list(KINDS.values()),
            "import_url": find_import_url(),
        }


def find_import_url() -> str:
    try:
        return reverse("configure:import")
    except NoReverseMatch:
        return ""


ADMIN_DOOR = AdminDoor()
CONFIGURE_DOOR = ConfigureDoor()
