# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.provider_content_request_options import ProviderContentRequestOptions


T = TypeVar("T", bound="ProviderContentRequest")


@_attrs_define
class ProviderContentRequest:
    """Where models come from."""

    name: str
    """ a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters. """
    display_name: str | Unset = UNSET
    package: str | Unset = UNSET
    """ Empty when the engine knows the provider. """
    base_url: str | Unset = UNSET
    api_key_env: str | Unset = UNSET
    """ The name of the engine's environment variable that holds the key, never a key. """
    options: ProviderContentRequestOptions | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        display_name = self.display_name

        package = self.package

        base_url = self.base_url

        api_key_env = self.api_key_env

        options: dict[str, Any] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = self.options.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if display_name is not UNSET:
            field_dict["display_name"] = display_name
        if package is not UNSET:
            field_dict["package"] = package
        if base_url is not UNSET:
            field_dict["base_url"] = base_url
        if api_key_env is not UNSET:
            field_dict["api_key_env"] = api_key_env
        if options is not UNSET:
            field_dict["options"] = options

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.provider_content_request_options import (
            ProviderContentRequestOptions,  # noqa: PLC0415
        )

        d = dict(src_dict)
        name = d.pop("name")

        display_name = d.pop("display_name", UNSET)

        package = d.pop("package", UNSET)

        base_url = d.pop("base_url", UNSET)

        api_key_env = d.pop("api_key_env", UNSET)

        _options = d.pop("options", UNSET)
        options: ProviderContentRequestOptions | Unset
        if isinstance(_options, Unset):
            options = UNSET
        else:
            options = ProviderContentRequestOptions.from_dict(_options)

        provider_content_request = cls(
            name=name,
            display_name=display_name,
            package=package,
            base_url=base_url,
            api_key_env=api_key_env,
            options=options,
        )

        return provider_content_request
