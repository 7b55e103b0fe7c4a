"""Encrypted columns. A value is read by name, never by accident: the attribute itself is ciphertext."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from events.keyring import KeyringError, get_keyring
from events.models import KeyUse


class EncryptedField(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Holds `id.nonce.ciphertext`, or "" for nothing. Write with `seal`, read with `reveal`."""


def build_context(instance: models.Model, field: str) -> str:
    if not instance.pk:
        raise ValueError("a row needs its key before a field of it can be encrypted")
    return f"{instance._meta.label_lower}.{instance.pk}.{field}"


def seal(instance: models.Model, field: str, text: str) -> None:
    """Encrypt `text` into `instance.field`, bound to this row; the caller saves."""
    sealed = get_keyring().encrypt(text, build_context(instance, field)) if text else ""
    setattr(instance, field, sealed)


def reveal(instance: models.Model, field: str) -> str:
    """The plain text of `instance.field`. Raises KeyringError when it can't be read."""
    sealed = getattr(instance, field)
    return get_keyring().decrypt(sealed, build_context(instance, field)) if sealed else ""


def list_encrypted_fields() -> list[tuple[type[models.Model], str]]:
    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedField)
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


def reencrypt_rows(batch_size: int = 200) -> dict[str, int]:
    """Encrypt every field again with the first key, row by row; returns rows rewritten per model label."""
    first = get_keyring().first.id
    counts: dict[str, int] = {}
    for model, field in list_encrypted_fields():
        stale: Any = model._default_manager.exclude(**{field: ""}).exclude(
            **{f"{field}__startswith": f"{first}."}
        )
        for instance in stale.iterator(chunk_size=batch_size):
            before = getattr(instance, field)
            seal(instance, field, reveal(instance, field))
            updated = model._default_manager.filter(pk=instance.pk, **{field: before}).update(
                **{field: getattr(instance, field)}
            )
            counts[model._meta.label] = counts.get(model._meta.label, 0) + updated
    return counts
