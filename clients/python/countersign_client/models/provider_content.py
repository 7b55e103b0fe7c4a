# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.provider_content_options import ProviderContentOptions


T = TypeVar("T", bound="ProviderContent")


@_attrs_define
class ProviderContent:
    """Where models come from."""

    name: str
    """ a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters. """
    display_name: str
    package: str
    """ Empty when the engine knows the provider. """
    base_url: str
    api_key_env: str
    """ The name of the engine's environment variable that holds the key, never a key. """
    options: ProviderContentOptions

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        display_name = self.display_name

        package = self.package

        base_url = self.base_url

        api_key_env = self.api_key_env

        options = self.options.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "display_name": display_name,
                "package": package,
                "base_url": base_url,
                "api_key_env": api_key_env,
                "options": options,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.provider_content_options import ProviderContentOptions  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        display_name = d.pop("display_name")

        package = d.pop("package")

        base_url = d.pop("base_url")

        api_key_env = d.pop("api_key_env")

        options = ProviderContentOptions.from_dict(d.pop("options"))

        provider_content = cls(
            name=name,
            display_name=display_name,
            package=package,
            base_url=base_url,
            api_key_env=api_key_env,
            options=options,
        )

        return provider_content
