from __future__ import annotations

from django.contrib.admin import AdminSite


class PortalAdminSite(AdminSite):
    """The built-in admin with Countersign's name."""

    site_header = "Countersign"
    site_title = "Countersign"
    index_title = "Dashboard"
