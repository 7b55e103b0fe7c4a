"""What rules look like from outside, and what one may send about them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import (
    ActorSerializer,
    Flag,
    Integer,
    Moment,
    NamedSerializer,
    ReadSerializer,
    Text,
    WriteSerializer,
)
from events.actors import ActorKind
from governance.enums import RuleEffect, RuleKind, RuleMode, RuleState, TargetEffect
from governance.matching.calls import PATH_VERBS
from governance.models import RuleVersion, WhitelistAction
from governance.models.whitelist import MAX_DIRECTORY_LENGTH, MAX_PATTERN_LENGTH
from governance.rule_checks import (
    MAX_CONDITIONS,
    MAX_EXAMPLES,
    MAX_MESSAGE_LENGTH,
    MAX_NAME_LENGTH,
    MAX_TEXT_LENGTH,
    MAX_USES,
)
from governance.rule_drafts import StoredRow, read_draft
from governance.rule_width import is_second_person_missing, list_warnings, read_in_words

MAX_VERSION = 2**31 - 1


def show_user(user: Any) -> dict[str, str] | None:
    return None if user is None else {"kind": ActorKind.USER, "id": user.pk, "label": str(user)}


class ConditionSerializer(ReadSerializer):
    """What one argument of a tool must look like."""

    path = serializers.CharField()
    pattern = serializers.CharField()


class UseSerializer(ReadSerializer):
    """How often it decided, and how often it would have while it was only observed."""

    uses = serializers.IntegerField()
    observed = serializers.IntegerField()
    last_hit_at = serializers.DateTimeField(allow_null=True)


class StoredRuleSerializer(ReadSerializer):
    id = serializers.CharField()
    team = NamedSerializer()
    name = serializers.CharField()
    reason = serializers.CharField()
    agent = serializers.CharField()
    engine_id = serializers.CharField(allow_null=True)
    directory = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    should_match = serializers.ListField(child=serializers.CharField())
    must_not_match = serializers.ListField(child=serializers.CharField())
    mode = serializers.ChoiceField(choices=RuleMode.choices)
    state = serializers.ChoiceField(choices=RuleState.choices)
    applies = serializers.SerializerMethodField()
    version = serializers.IntegerField()
    reviewed_version = serializers.IntegerField(
        allow_null=True, help_text="The latest version that a second person approved."
    )
    review_id = serializers.SerializerMethodField()
    activated_by = serializers.SerializerMethodField()
    activated_at = serializers.DateTimeField(allow_null=True)
    created_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def get_applies(self, row: StoredRow) -> bool:
        """Switched on, not ended, not used up; whether it decides or only observes says `mode`."""
        if not row.is_active or (row.expires_at is not None and row.expires_at <= timezone.now()):
            return False
        use = getattr(row, "use", None)
        limit = row.max_uses if isinstance(row, WhitelistAction) else None
        return limit is None or use is None or bool(use.uses < limit)

    def get_review_id(self, row: StoredRow) -> str | None:
        """The review it waits for."""
        return row.review_id or None

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_activated_by(self, row: StoredRow) -> dict[str, str] | None:
        return show_user(row.activated_by)

    @extend_schema_field(ActorSerializer)
    def get_created_by(self, row: StoredRow) -> dict[str, str] | None:
        return show_user(row.created_by)


class RuleSerializer(StoredRuleSerializer):
    """A rule about calls of one verb. For people of its team."""

    permission = serializers.CharField()
    kind = serializers.ChoiceField(choices=RuleKind.choices)
    value = serializers.CharField()
    conditions = serializers.SerializerMethodField()
    effect = serializers.ChoiceField(choices=RuleEffect.choices)
    message = serializers.CharField(help_text="All that an agent ever hears of it.")
    user_id = serializers.CharField(allow_null=True)
    chat_id = serializers.CharField(allow_null=True)
    max_uses = serializers.IntegerField(allow_null=True)
    allows_redirects = serializers.BooleanField()
    use = serializers.SerializerMethodField()

    @extend_schema_field(ConditionSerializer(many=True))
    def get_conditions(self, rule: WhitelistAction) -> list[dict[str, str]]:
        return [{"path": path, "pattern": pattern} for path, pattern in rule.conditions]

    @extend_schema_field(UseSerializer)
    def get_use(self, rule: WhitelistAction) -> dict[str, Any]:
        use = getattr(rule, "use", None)
        if use is None:
            return {"uses": 0, "observed": 0, "last_hit_at": None}
        return {"uses": use.uses, "observed": use.observed, "last_hit_at": use.last_hit_at}


class TargetSerializer(StoredRuleSerializer):
    """A rule about paths. For people of its team."""

    pattern = serializers.CharField()
    effect = serializers.ChoiceField(choices=TargetEffect.choices)
    verbs = serializers.ListField(child=serializers.CharField())


class ReadingSerializer(ReadSerializer):
    """How far a rule reaches."""

    words = serializers.CharField(help_text="What it covers, in words.")
    warnings = serializers.ListField(child=serializers.CharField())
    second_person = serializers.CharField(
        help_text="Why this version needs a second person; empty when it needs none, or has had one."
    )


class ReadAloud(StoredRuleSerializer):
    reading = serializers.SerializerMethodField()

    @extend_schema_field(ReadingSerializer)
    def get_reading(self, row: StoredRow) -> dict[str, Any]:
        draft = read_draft(row)
        return {
            "words": read_in_words(draft),
            "warnings": list(list_warnings(draft)),
            "second_person": is_second_person_missing(row),
        }


class RuleDetailSerializer(ReadAloud, RuleSerializer):
    """A rule, and how it reads."""


class TargetDetailSerializer(ReadAloud, TargetSerializer):
    """A path rule, and how it reads."""


class RuleVersionSerializer(ReadSerializer):
    """What a rule said from one save to the next."""

    version = serializers.IntegerField()
    content = serializers.JSONField()
    content_hash = serializers.CharField(help_text="SHA-256, hex, over the content's RFC 8785 text.")
    author = serializers.SerializerMethodField()
    note = serializers.CharField()
    replay = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": {}})
    def get_replay(self, version: RuleVersion) -> dict[str, Any] | None:
        """The replay shown when it was saved; null when there was none."""
        replay: dict[str, Any] | None = version.replay
        return replay

    @extend_schema_field(ActorSerializer)
    def get_author(self, version: RuleVersion) -> dict[str, str] | None:
        return show_user(version.author)


# What one may send ---------------------------------------------------------------------------------------


def examples() -> serializers.ListField:
    line = Text(max_length=MAX_PATTERN_LENGTH)
    return serializers.ListField(child=line, max_length=MAX_EXAMPLES, required=False)


class ConditionWishSerializer(WriteSerializer):
    path = Text(max_length=MAX_PATTERN_LENGTH)
    pattern = Text(max_length=MAX_PATTERN_LENGTH, allow_blank=True)


class StoredWish(WriteSerializer):
    name = Text(max_length=MAX_NAME_LENGTH, required=False)
    reason = Text(max_length=MAX_TEXT_LENGTH, allow_blank=True, required=False)
    agent = Text(max_length=80, allow_blank=True, required=False)
    engine_id = Text(max_length=15, allow_null=True, required=False)
    directory = Text(max_length=MAX_DIRECTORY_LENGTH, allow_blank=True, required=False)
    expires_at = Moment(allow_null=True, required=False)
    should_match = examples()
    must_not_match = examples()
    mode = serializers.ChoiceField(choices=RuleMode.choices, required=False)
    note = Text(
        max_length=MAX_TEXT_LENGTH, allow_blank=True, required=False, help_text="Why; for its history."
    )
    activate = Flag(required=False, help_text="Switch it on as well, or ask for the second person it needs.")


class RuleParts(StoredWish):
    permission = Text(max_length=MAX_NAME_LENGTH, required=False)
    kind = serializers.ChoiceField(choices=RuleKind.choices, required=False)
    value = Text(max_length=MAX_PATTERN_LENGTH, required=False)
    conditions = serializers.ListField(
        child=ConditionWishSerializer(), max_length=MAX_CONDITIONS, required=False
    )
    effect = serializers.ChoiceField(choices=RuleEffect.choices, required=False)
    message = Text(max_length=MAX_MESSAGE_LENGTH, allow_blank=True, required=False)
    user_id = Text(max_length=15, allow_null=True, required=False)
    chat_id = Text(max_length=15, allow_null=True, required=False)
    max_uses = Integer(min_value=1, max_value=MAX_USES, allow_null=True, required=False)
    allows_redirects = Flag(required=False)


class TargetParts(StoredWish):
    pattern = Text(max_length=MAX_PATTERN_LENGTH, required=False)
    effect = serializers.ChoiceField(choices=TargetEffect.choices, required=False)
    verbs = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(PATH_VERBS)), max_length=len(PATH_VERBS), required=False
    )


class RuleWishSerializer(RuleParts):
    """A new rule: a draft unless `activate`."""

    team = Text(required=False, max_length=15, help_text="Needed when the caller writes for several teams.")
    name = Text(max_length=MAX_NAME_LENGTH)
    value = Text(max_length=MAX_PATTERN_LENGTH)
    effect = serializers.ChoiceField(choices=RuleEffect.choices)


class TargetWishSerializer(TargetParts):
    """A new path rule: a draft unless `activate`."""

    team = Text(required=False, max_length=15, help_text="Needed when the caller writes for several teams.")
    name = Text(max_length=MAX_NAME_LENGTH)
    pattern = Text(max_length=MAX_PATTERN_LENGTH)
    effect = serializers.ChoiceField(choices=TargetEffect.choices)


def version_field() -> Integer:
    return Integer(min_value=1, max_value=MAX_VERSION, help_text="The version that was read; another is 409.")


class RuleChangeSerializer(RuleParts):
    """Another version: what is left out stays as it is."""

    version = version_field()


class TargetChangeSerializer(TargetParts):
    """Another version: what is left out stays as it is."""

    version = version_field()


class ActivationSerializer(WriteSerializer):
    """The version that shall apply."""

    version = version_field()


class RestoreSerializer(WriteSerializer):
    """The older version whose content becomes the newest."""

    restored = Integer(min_value=1, max_value=MAX_VERSION)
    version = version_field()
