from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PortalConfig(AppConfig):
    """The Django project itself: wires the rooms, decides nothing."""

    name = "portal"
    default = True

    def ready(self) -> None:
        from portal import checks  # noqa: F401 - registers the system checks


class PortalAdminConfig(admin_apps.AdminConfig):
    """The built-in admin on our own site; stands in INSTALLED_APPS in place of `django.contrib.admin`."""

    default = False
    default_site = "portal.admin_site.PortalAdminSite"
