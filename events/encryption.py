"""Encrypted columns. A value is read by name, never by accident: the attribute itself is ciphertext."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import QuerySet

from events import append_only
from events.keyring import KeyringError, get_keyring
from events.models import KeyUse


class EncryptedField(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Holds `id.nonce.ciphertext`, or "" for nothing. Write with `seal`, read with `reveal`."""


def build_context(instance: models.Model, name: str) -> str:
    if not instance.pk:
        raise ValueError("a row needs its key before a field of it can be encrypted")
    return f"{instance._meta.label_lower}.{instance.pk}.{name}"


def seal(instance: models.Model, name: str, text: str) -> None:
    """Encrypt `text` into the field `name`, bound to this row; the caller saves."""
    sealed = get_keyring().encrypt(text, build_context(instance, name)) if text else ""
    setattr(instance, name, sealed)


def reveal(instance: models.Model, name: str) -> str:
    """The plain text of the field `name`. Raises KeyringError when it can't be read."""
    sealed = getattr(instance, name)
    return get_keyring().decrypt(sealed, build_context(instance, name)) if sealed else ""


def list_encrypted_fields() -> list[tuple[type[models.Model], str]]:
    return [
        (model, column.name)
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, EncryptedField)
    ]


def register_keys() -> None:
    """Compare the keys file with the keys this database knows, and remember the current one.

    Raises KeyringError when a key that data here was made with is missing or is another key.
    """
    keyring = get_keyring()
    for use in KeyUse.objects.all():
        if keyring.get(use.key_id).check_value != use.check_value:
            raise KeyringError(f"key {use.key_id!r} is not the key this database was written with")
    KeyUse.objects.get_or_create(key_id=keyring.first.id, defaults={"check_value": keyring.first.check_value})


@dataclass(slots=True)
class Rotation:
    """What a key rotation did: rows rewritten per model label, and rows whose text can't be read."""

    counts: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)


def reencrypt_rows(batch_size: int = 200) -> Rotation:
    """Encrypt every field again with the first key; kept rows too, whose text stays the same.

    A row that can't be read is left as it is and named, so that one of them does not stop the others.
    """
    rotation = Rotation()
    for model, name in list_encrypted_fields():
        keys = list(list_stale_rows(model, name).values_list("pk", flat=True))
        for start in range(0, len(keys), batch_size):
            reencrypt_batch(model, name, keys[start : start + batch_size], rotation)
    return rotation


def list_stale_rows(model: type[models.Model], name: str) -> QuerySet[models.Model]:
    """Rows whose field is encrypted with another key than the first."""
    current = f"{get_keyring().first.id}."
    return model._base_manager.exclude(**{name: ""}).exclude(**{f"{name}__startswith": current})


def reencrypt_batch(model: type[models.Model], name: str, keys: list[Any], rotation: Rotation) -> None:
    with append_only.suspended():
        for instance in list_stale_rows(model, name).filter(pk__in=keys).order_by("pk"):
            before = getattr(instance, name)
            try:
                seal(instance, name, reveal(instance, name))
            except KeyringError:
                rotation.unreadable.append(f"{model._meta.label} {instance.pk}")
                continue
            updated = model._base_manager.filter(pk=instance.pk, **{name: before}).update(
                **{name: getattr(instance, name)}
            )
            rotation.counts[model._meta.label] = rotation.counts.get(model._meta.label, 0) + updated
