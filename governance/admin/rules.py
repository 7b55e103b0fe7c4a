"""Rules as people use them: a list, a page each, and the form in which they are written and tried."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import get_principal
from accounts.admin.display import render_age, render_code
from accounts.principal import Principal
from events.text import make_visible
from governance.admin.engine_blocks import EngineBlockPages
from governance.admin.rule_filters import (
    EffectFilter,
    ModeFilter,
    PermissionFilter,
    StateFilter,
    TargetEffectFilter,
    UnusedFilter,
)
from governance.admin.rule_forms import RuleForm, StoredRuleForm, TargetForm
from governance.admin.rule_pages import StoredRuleAdmin
from governance.admin.rule_states import describe_uses
from governance.domain.rules import save_rule, save_target
from governance.enums import StoredRuleKind
from governance.models import WhitelistAction, WhitelistTarget
from governance.rule_drafts import StoredRow
from governance.rule_queries import list_rules, list_targets


@admin.register(WhitelistAction)
class WhitelistActionAdmin(EngineBlockPages):
    kind = StoredRuleKind.ACTION
    form_class = RuleForm
    subject_kind = "whitelist_action"
    singular = "rule"
    plural = "rules"
    list_description = (
        "What is let through, asked about or refused without anybody pressing a button. "
        "Deny beats ask beats allow; what no rule covers is asked about."
    )
    empty_text = "No rule yet: every call is asked about."
    list_display = ("name", "state_pill", "effect_pill", "covers", "limits", "uses", "last_hit")
    list_filter = (StateFilter, EffectFilter, PermissionFilter, ModeFilter, UnusedFilter)
    search_fields = ("name", "value")
    fieldsets = (
        (
            "What",
            {"fields": ("effect_pill", "covers", "kind_name", "redirects", "arguments", "message_text")},
        ),
        ("Where", {"fields": ("team_name", "limits")}),
        ("How long", {"fields": ("state_pill", "mode", "ends", "uses", "last_hit")}),
        ("Why", {"fields": ("reason_text", "author", "version")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[WhitelistAction]:
        return list_rules(principal)

    def save(self, request: HttpRequest, form: StoredRuleForm, row: StoredRow | None) -> StoredRow:
        return save_rule(
            principal=get_principal(request),
            team=row.team if row else form.team,
            draft=form.read_draft(),  # type: ignore[arg-type]  # a RuleForm reads a RuleDraft
            rule_id=row.pk if row else "",
            version=form.cleaned_data["version"],
            activate=request.POST.get("act") == "activate",
            note=form.cleaned_data["note"],
        )

    @admin.display(description="covers")
    def covers(self, rule: WhitelistAction) -> SafeString:
        return format_html(
            '<span class="verb">{}</span> {}', rule.permission, render_code(make_visible(rule.value))
        )

    @admin.display(description="reads as")
    def kind_name(self, rule: WhitelistAction) -> str:
        return rule.get_kind_display()

    @admin.display(description="redirects")
    def redirects(self, rule: WhitelistAction) -> str:
        return "into files too" if rule.allows_redirects else "not covered"

    @admin.display(description="arguments")
    def arguments(self, rule: WhitelistAction) -> str:
        return "; ".join(make_visible(f"{path} = {pattern}") for path, pattern in rule.conditions) or "any"

    @admin.display(description="message to the agent")
    def message_text(self, rule: WhitelistAction) -> str:
        return make_visible(rule.message) or "none"

    @admin.display(description="why it exists")
    def reason_text(self, rule: WhitelistAction) -> str:
        return make_visible(rule.reason) or "nobody said"

    @admin.display(description="uses")
    def uses(self, rule: WhitelistAction) -> str:
        return describe_uses(rule)

    @admin.display(description="last hit")
    def last_hit(self, rule: WhitelistAction) -> SafeString | str:
        use = getattr(rule, "use", None)
        return render_age(use.last_hit_at) if use and use.last_hit_at else "never"


@admin.register(WhitelistTarget)
class WhitelistTargetAdmin(StoredRuleAdmin):
    kind = StoredRuleKind.TARGET
    form_class = TargetForm
    subject_kind = "whitelist_target"
    singular = "path rule"
    plural = "path rules"
    list_description = (
        "Which paths calls may reach. A call on paths passes only if a rule allows its verb, an allowing "
        "path rule covers every path, and no denying one covers any."
    )
    empty_text = "No path rule yet: every call on a path is asked about."
    list_display = ("name", "state_pill", "effect_pill", "paths", "verb_names", "limits")
    list_filter = (StateFilter, TargetEffectFilter, ModeFilter)
    search_fields = ("name", "pattern")
    fieldsets = (
        ("What", {"fields": ("effect_pill", "paths", "verb_names")}),
        ("Where", {"fields": ("team_name", "limits")}),
        ("How long", {"fields": ("state_pill", "mode", "ends")}),
        ("Why", {"fields": ("reason_text", "author", "version")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[WhitelistTarget]:
        return list_targets(principal)

    def save(self, request: HttpRequest, form: StoredRuleForm, row: StoredRow | None) -> StoredRow:
        return save_target(
            principal=get_principal(request),
            team=row.team if row else form.team,
            draft=form.read_draft(),  # type: ignore[arg-type]  # a TargetForm reads a TargetDraft
            target_id=row.pk if row else "",
            version=form.cleaned_data["version"],
            activate=request.POST.get("act") == "activate",
            note=form.cleaned_data["note"],
        )

    @admin.display(description="paths")
    def paths(self, target: WhitelistTarget) -> SafeString:
        return render_code(make_visible(target.pattern))

    @admin.display(description="verbs")
    def verb_names(self, target: WhitelistTarget) -> str:
        return ", ".join(target.verbs) or "all that take paths"

    @admin.display(description="why it exists")
    def reason_text(self, target: WhitelistTarget) -> str:
        return make_visible(target.reason) or "nobody said"
