"""What a question asks and what may answer it. No database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from events.errors import Invalid
from events.masking import mask_secrets
from events.text import is_storable, list_deceptions, make_visible

SUMMARY_LENGTH = 400
MAX_ITEMS = 20
MAX_OPTIONS = 50
MAX_QUESTION_LENGTH = 10_000
MAX_HEADER_LENGTH = 200
MAX_LABEL_LENGTH = 500
MAX_DESCRIPTION_LENGTH = 2_000
MAX_ANSWER_LENGTH = 10_000

Answers = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer on offer. Its label is what the asker hears."""

    label: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class QuestionItem:
    """One of the things that are asked together; names and defaults as OpenCode 1.18.33 has them.

    `multiple`: several options may be chosen; `custom`: words of one's own answer it, too.
    """

    question: str
    header: str = ""
    options: tuple[Option, ...] = ()
    multiple: bool = False
    custom: bool = True

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(option.label for option in self.options)


@dataclass(frozen=True, slots=True)
class QuestionContent:
    """Everything that is asked, and the exact directory it is asked in, which an engine answers in only."""

    items: tuple[QuestionItem, ...]
    directory: str = ""

    def to_text(self) -> str:
        """ASCII alone, so that any character survives storage."""
        return json.dumps({"directory": self.directory, "items": write_items(self.items)}, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> QuestionContent:
        stored = json.loads(text)
        return cls(read_engine_items(stored["items"]), stored["directory"])


def write_items(items: Iterable[QuestionItem]) -> list[dict[str, Any]]:
    """As JSON, with the names of the engine."""
    return [
        {
            "header": item.header,
            "question": item.question,
            "options": [
                {"label": option.label, "description": option.description} for option in item.options
            ],
            "multiple": item.multiple,
            "custom": item.custom,
        }
        for item in items
    ]


def read_engine_items(raw: Iterable[Any]) -> tuple[QuestionItem, ...]:
    """What an engine asks, cut where it is too much to keep: no question is lost for its form.

    Where options had to be left out, words of one's own answer.
    """
    return tuple(read_engine_item(entry) for entry in list(raw)[:MAX_ITEMS])


def read_engine_item(raw: Any) -> QuestionItem:
    entry: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    options = entry.get("options")
    given = [read_engine_option(option) for option in options] if isinstance(options, list) else []
    kept = tuple(option for option in given if option is not None)[:MAX_OPTIONS]
    return QuestionItem(
        question=take_text(entry, "question", MAX_QUESTION_LENGTH),
        header=take_text(entry, "header", MAX_HEADER_LENGTH),
        options=tuple(dict.fromkeys(kept)),
        multiple=entry.get("multiple") is True,
        custom=entry.get("custom") is not False or len(kept) < len(given) or not kept,
    )


def read_engine_option(raw: Any) -> Option | None:
    """None for what could not be given back as it was offered."""
    entry: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    label = entry.get("label")
    if not isinstance(label, str) or not label.strip() or len(label) > MAX_LABEL_LENGTH:
        return None
    return Option(label, take_text(entry, "description", MAX_DESCRIPTION_LENGTH))


def take_text(entry: Mapping[str, Any], name: str, max_length: int) -> str:
    text = entry.get(name)
    if not isinstance(text, str):
        return ""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def check_items(items: Sequence[QuestionItem]) -> None:
    """Raise Invalid for a question that could not be stored, shown or answered."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise Invalid(f"Ask 1 to {MAX_ITEMS} questions at once.", field="items")
    for number, item in enumerate(items):
        check_item(item, f"items.{number}")


def check_item(item: QuestionItem, place: str) -> None:
    check_text(item.question, f"{place}.question", MAX_QUESTION_LENGTH, is_required=True)
    check_text(item.header, f"{place}.header", MAX_HEADER_LENGTH)
    if len(item.options) > MAX_OPTIONS:
        raise Invalid(f"At most {MAX_OPTIONS} options.", field=f"{place}.options")
    for number, option in enumerate(item.options):
        check_text(option.label, f"{place}.options.{number}.label", MAX_LABEL_LENGTH, is_required=True)
        check_text(option.description, f"{place}.options.{number}.description", MAX_DESCRIPTION_LENGTH)
    if len(set(item.labels)) < len(item.labels):
        raise Invalid("Two options have the same label.", field=f"{place}.options")
    if not item.options and not item.custom:
        raise Invalid("Offer options, or let people answer in their own words.", field=f"{place}.options")


def check_text(text: str, place: str, max_length: int, *, is_required: bool = False) -> None:
    if is_required and not text.strip():
        raise Invalid("It is empty.", field=place)
    if len(text) > max_length:
        raise Invalid(f"At most {max_length:,} characters.", field=place)
    if not is_storable(text):
        raise Invalid("Text may hold neither NUL nor half a surrogate pair.", field=place)


def check_answers(items: Sequence[QuestionItem], answers: Sequence[Sequence[str]]) -> Answers:
    """The answers, one tuple of texts an item. Raises Invalid for what does not answer what was asked."""
    if len(answers) != len(items):
        raise Invalid(f"It asks {len(items)}, and {len(answers)} were answered.", field="answers")
    return tuple(
        check_answer(item, answer, f"answers.{number}")
        for number, (item, answer) in enumerate(zip(items, answers, strict=True))
    )


def check_answer(item: QuestionItem, answer: Sequence[str], place: str) -> tuple[str, ...]:
    given = tuple(answer)
    if not given:
        raise Invalid("This one is not answered.", field=place)
    if len(given) > 1 and not item.multiple:
        raise Invalid("Only one answer is wanted here.", field=place)
    if len(set(given)) < len(given):
        raise Invalid("The same answer stands there twice.", field=place)
    own = [text for text in given if text not in item.labels]
    if own and not item.custom:
        raise Invalid("Only the options on offer answer this.", field=place)
    if len(own) > 1:
        raise Invalid("One answer in your own words is enough.", field=place)
    for text in own:
        check_text(text, place, MAX_ANSWER_LENGTH, is_required=True)
    return given


def write_answers(answers: Answers) -> str:
    return json.dumps([list(answer) for answer in answers])


def read_answers(text: str) -> Answers:
    """() for what has no answer."""
    return tuple(tuple(answer) for answer in json.loads(text)) if text else ()


@dataclass(frozen=True, slots=True)
class QuestionDigest:
    """What lists show: the question in one line, secrets masked, and what could fool a reader."""

    summary: str
    findings: list[str] = field(default_factory=list)


def digest_question(items: Sequence[QuestionItem]) -> QuestionDigest:
    first = items[0] if items else QuestionItem("")
    text = " ".join(make_visible(mask_secrets(first.question or first.header)).split())
    more = f" (and {len(items) - 1} more)" if len(items) > 1 else ""
    room = SUMMARY_LENGTH - len(more)
    texts = [item.question for item in items] + [item.header for item in items]
    texts += [
        text for item in items for option in item.options for text in (option.label, option.description)
    ]
    return QuestionDigest(
        summary=(text if len(text) <= room else f"{text[: room - 1]}…") + more,
        findings=sorted({code for each in texts for code in list_deceptions(each)}),
    )
