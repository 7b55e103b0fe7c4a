from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PortalConfig(AppConfig):
    """The Django project itself: wires the rooms, decides nothing."""

    name = "portal"
    default = True

    def ready(self) -> None:
        from django.contrib.auth.signals import user_login_failed

        from health.processes import register_task_source
        from portal import checks  # noqa: F401 - registers the system checks
        from portal.background import describe_tasks
        from portal.metrics import note_login_failure

        user_login_failed.connect(note_login_failure, dispatch_uid="countersign_metrics")
        register_task_source(describe_tasks)


class PortalAdminConfig(admin_apps.AdminConfig):
    """The built-in admin on our own site; stands in INSTALLED_APPS in place of `django.contrib.admin`."""

    default = False
    default_site = "portal.admin_site.PortalAdminSite"
