from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("chats/", include("chats.pages.urls")),
    path("configure/", include("configs.pages.urls")),
    path("api/", include("portal.api")),
]

# Django looks these names up here.
handler400 = "portal.error_pages.answer_bad_request"
handler403 = "portal.error_pages.answer_permission_denied"
handler404 = "portal.error_pages.answer_not_found"
handler500 = "portal.error_pages.answer_server_error"
