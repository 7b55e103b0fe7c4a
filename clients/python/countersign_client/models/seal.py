# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Seal")


@_attrs_define
class Seal:
    """Whether a version is what was approved, and what is needed to check that elsewhere.

    The signature is over `sealed_text` in UTF-8, in which `content_hash` stands for the text.

    """

    slug: str
    version: int
    is_whole: bool
    problem: str
    """ Why it is not; empty when it is. """
    content_hash: str
    sealed_text: str
    signature: str
    key_id: str
    public_key: str
    """ Base64 of 32 bytes. """
    algorithm: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        slug = self.slug

        version = self.version

        is_whole = self.is_whole

        problem = self.problem

        content_hash = self.content_hash

        sealed_text = self.sealed_text

        signature = self.signature

        key_id = self.key_id

        public_key = self.public_key

        algorithm = self.algorithm

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "slug": slug,
                "version": version,
                "is_whole": is_whole,
                "problem": problem,
                "content_hash": content_hash,
                "sealed_text": sealed_text,
                "signature": signature,
                "key_id": key_id,
                "public_key": public_key,
                "algorithm": algorithm,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        slug = d.pop("slug")

        version = d.pop("version")

        is_whole = d.pop("is_whole")

        problem = d.pop("problem")

        content_hash = d.pop("content_hash")

        sealed_text = d.pop("sealed_text")

        signature = d.pop("signature")

        key_id = d.pop("key_id")

        public_key = d.pop("public_key")

        algorithm = d.pop("algorithm")

        seal = cls(
            slug=slug,
            version=version,
            is_whole=is_whole,
            problem=problem,
            content_hash=content_hash,
            sealed_text=sealed_text,
            signature=signature,
            key_id=key_id,
            public_key=public_key,
            algorithm=algorithm,
        )

        seal.additional_properties = d
        return seal

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
