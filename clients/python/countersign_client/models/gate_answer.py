# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.answer_enum import AnswerEnum

T = TypeVar("T", bound="GateAnswer")


@_attrs_define
class GateAnswer:
    """`deny`: the tool fails with `message`; `pass`: the engine asks itself; `hold`: wait; `allow`: run."""

    id: str
    answer: AnswerEnum
    """ * `deny` - deny
    * `pass` - pass
    * `hold` - hold
    * `allow` - allow """
    message: str
    """ For the agent, when the answer is `deny`. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        answer = self.answer.value

        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "answer": answer,
                "message": message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        answer = AnswerEnum(d.pop("answer"))

        message = d.pop("message")

        gate_answer = cls(
            id=id,
            answer=answer,
            message=message,
        )

        gate_answer.additional_properties = d
        return gate_answer

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
