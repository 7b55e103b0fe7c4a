# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="MessageWishRequest")


@_attrs_define
class MessageWishRequest:
    """What to say, to which agent and model: the chat's own and the engine's choice when left out.

    `provider` and `model` go together.

    """

    text: str
    agent: str | Unset = ""
    provider: str | Unset = ""
    model: str | Unset = ""
    variant: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        agent = self.agent

        provider = self.provider

        model = self.model

        variant = self.variant

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "text": text,
            }
        )
        if agent is not UNSET:
            field_dict["agent"] = agent
        if provider is not UNSET:
            field_dict["provider"] = provider
        if model is not UNSET:
            field_dict["model"] = model
        if variant is not UNSET:
            field_dict["variant"] = variant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        text = d.pop("text")

        agent = d.pop("agent", UNSET)

        provider = d.pop("provider", UNSET)

        model = d.pop("model", UNSET)

        variant = d.pop("variant", UNSET)

        message_wish_request = cls(
            text=text,
            agent=agent,
            provider=provider,
            model=model,
            variant=variant,
        )

        return message_wish_request
