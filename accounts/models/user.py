from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.enums import UserKind
from events.identifiers import RecordId

USERNAME = RegexValidator(r"\A[a-z0-9][a-z0-9._-]{1,62}\Z", "Use lower-case letters, digits, dots, dashes.")


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person, or a service account owned by a person. Retired, never deleted."""

    id = RecordId()
    username = models.CharField(max_length=63, unique=True, validators=[USERNAME])
    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    kind = models.CharField(max_length=8, choices=UserKind, default=UserKind.PERSON)
    owner = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="service_accounts",
        help_text="The person who answers for a service account.",
    )
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField("owner", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=UserKind.PERSON, owner=None)
                | Q(kind=UserKind.SERVICE, owner__isnull=False, is_superuser=False),
                name="service_account_has_an_owner",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_service(self) -> bool:
        return self.kind == UserKind.SERVICE

    @property
    def is_staff(self) -> bool:
        """May enter the admin: a person who belongs to a team, or an owner."""
        if not self.is_active or self.is_service:
            return False
        return self.is_superuser or self.memberships.filter(ended_at=None, team__retired_at=None).exists()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's permissions are not used: `policies` decide."""
        return False

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff
