from django.urls import path

from accounts.views import enter_by_link

urlpatterns = [path("login/<str:secret>/", enter_by_link, name="login-link")]
