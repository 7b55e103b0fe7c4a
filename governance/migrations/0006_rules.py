import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import events.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_idempotency_records"),
        ("engines", "0002_retired_engines_free_their_name"),
        ("governance", "0005_pending_by_session"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WhitelistAction",
            fields=[
                (
                    "id",
                    events.identifiers.RecordId(
                        default=events.identifiers.make_id,
                        editable=False,
                        max_length=15,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("reason", models.TextField(blank=True, help_text="Why it exists; for the team.")),
                (
                    "agent",
                    models.CharField(
                        blank=True, help_text="Only for this agent; empty for all.", max_length=80
                    ),
                ),
                (
                    "directory",
                    models.CharField(
                        blank=True,
                        help_text="Only for this project directory, absolute; empty for all.",
                        max_length=1000,
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "should_match",
                    models.JSONField(
                        default=list, help_text="Examples that it must cover, as lines of text."
                    ),
                ),
                (
                    "must_not_match",
                    models.JSONField(default=list, help_text="Examples that it must leave alone."),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("observe", "observe"), ("enforce", "enforce")],
                        default="enforce",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in_review", "waits for a second person"),
                            ("active", "on"),
                            ("off", "off"),
                            ("retired", "retired"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "reviewed_version",
                    models.PositiveIntegerField(
                        help_text="The latest version that a second person approved.", null=True
                    ),
                ),
                (
                    "review_id",
                    models.CharField(blank=True, help_text="The review it waits for, if any.", max_length=15),
                ),
                ("activated_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("permission", models.CharField(default="bash", max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[("strict", "exactly this"), ("pattern", "pattern")],
                        default="pattern",
                        max_length=8,
                    ),
                ),
                ("value", models.TextField()),
                ("conditions", models.JSONField(default=list)),
                (
                    "effect",
                    models.CharField(
                        choices=[("allow", "allow"), ("ask", "ask"), ("deny", "deny")], max_length=8
                    ),
                ),
                (
                    "message",
                    models.TextField(blank=True, help_text="What the agent reads when this rule stops it."),
                ),
                (
                    "max_uses",
                    models.PositiveIntegerField(
                        help_text="Applies no more after so many decisions.", null=True
                    ),
                ),
                ("allows_redirects", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="RuleVersion",
            fields=[
                (
                    "id",
                    events.identifiers.RecordId(
                        default=events.identifiers.make_id,
                        editable=False,
                        max_length=15,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "rule_kind",
                    models.CharField(choices=[("action", "rule"), ("target", "path rule")], max_length=8),
                ),
                ("rule_id", models.CharField(max_length=15)),
                ("version", models.PositiveIntegerField()),
                (
                    "content",
                    models.JSONField(help_text="What decides, canonical; see `governance.rule_contents`."),
                ),
                ("content_hash", models.CharField(max_length=64)),
                ("note", models.TextField(blank=True)),
                (
                    "replay",
                    models.JSONField(
                        help_text="The replay shown when it was saved; null when there was none.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["rule_kind", "rule_id", "-version"],
            },
        ),
        migrations.CreateModel(
            name="TeamRules",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="rules",
                        serialize=False,
                        to="accounts.team",
                    ),
                ),
                ("version", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "team rules",
            },
        ),
        migrations.CreateModel(
            name="WhitelistTarget",
            fields=[
                (
                    "id",
                    events.identifiers.RecordId(
                        default=events.identifiers.make_id,
                        editable=False,
                        max_length=15,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("reason", models.TextField(blank=True, help_text="Why it exists; for the team.")),
                (
                    "agent",
                    models.CharField(
                        blank=True, help_text="Only for this agent; empty for all.", max_length=80
                    ),
                ),
                (
                    "directory",
                    models.CharField(
                        blank=True,
                        help_text="Only for this project directory, absolute; empty for all.",
                        max_length=1000,
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "should_match",
                    models.JSONField(
                        default=list, help_text="Examples that it must cover, as lines of text."
                    ),
                ),
                (
                    "must_not_match",
                    models.JSONField(default=list, help_text="Examples that it must leave alone."),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("observe", "observe"), ("enforce", "enforce")],
                        default="enforce",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in_review", "waits for a second person"),
                            ("active", "on"),
                            ("off", "off"),
                            ("retired", "retired"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "reviewed_version",
                    models.PositiveIntegerField(
                        help_text="The latest version that a second person approved.", null=True
                    ),
                ),
                (
                    "review_id",
                    models.CharField(blank=True, help_text="The review it waits for, if any.", max_length=15),
                ),
                ("activated_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("pattern", models.CharField(max_length=4000)),
                ("effect", models.CharField(choices=[("allow", "allow"), ("deny", "deny")], max_length=8)),
                ("verbs", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="permissionrequest",
            name="one_row_per_engine_request",
        ),
        migrations.RemoveConstraint(
            model_name="permissionrequest",
            name="engine_request_has_an_engine",
        ),
        migrations.AddField(
            model_name="permissionrequest",
            name="rule_id",
            field=models.CharField(
                blank=True, help_text="The rule that decided, when no person did.", max_length=15
            ),
        ),
        migrations.AddField(
            model_name="permissionrequest",
            name="rule_version",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="permissionrequest",
            name="source",
            field=models.CharField(
                choices=[("engine", "engine"), ("api", "API"), ("gate", "gate")], max_length=8
            ),
        ),
        migrations.AddIndex(
            model_name="permissionrequest",
            index=models.Index(
                condition=models.Q(("rule_id", ""), _negated=True),
                fields=["rule_id", "-created_at", "-id"],
                name="request_by_rule",
            ),
        ),
        migrations.AddConstraint(
            model_name="permissionrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("engine__isnull", False), models.Q(("engine_request_id", ""), _negated=True)
                ),
                fields=("engine", "engine_request_id"),
                name="one_row_per_engine_request",
            ),
        ),
        migrations.AddConstraint(
            model_name="permissionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("engine__isnull", False), ("source__in", ["engine", "gate"])),
                    ("source", "api"),
                    _connector="OR",
                ),
                name="engine_request_has_an_engine",
            ),
        ),
        migrations.AddConstraint(
            model_name="permissionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by_kind", "rule"), _negated=True),
                    models.Q(
                        models.Q(("rule_id", ""), _negated=True),
                        ("decided_by_id", models.F("rule_id")),
                        ("rule_version__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="rule_decision_names_the_rule",
            ),
        ),
        migrations.CreateModel(
            name="RuleUse",
            fields=[
                (
                    "rule",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="use",
                        serialize=False,
                        to="governance.whitelistaction",
                    ),
                ),
                ("uses", models.PositiveBigIntegerField(default=0)),
                ("observed", models.PositiveBigIntegerField(default=0)),
                ("last_hit_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="whitelistaction",
            name="activated_by",
            field=models.ForeignKey(
                help_text="Who last made it apply, as it reads now.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s_activations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="whitelistaction",
            name="chat",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rules_about",
                to="engines.chat",
            ),
        ),
        migrations.AddField(
            model_name="whitelistaction",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s_drafts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="whitelistaction",
            name="engine",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s_rows",
                to="engines.engine",
            ),
        ),
        migrations.AddField(
            model_name="whitelistaction",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s_rows", to="accounts.team"
            ),
        ),
        migrations.AddField(
            model_name="whitelistaction",
            name="user",
            field=models.ForeignKey(
                help_text="Only in chats of this user.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rules_about",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rule_versions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="whitelisttarget",
            name="activated_by",
            field=models.ForeignKey(
                help_text="Who last made it apply, as it reads now.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s_activations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="whitelisttarget",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s_drafts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="whitelisttarget",
            name="engine",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)s_rows",
                to="engines.engine",
            ),
        ),
        migrations.AddField(
            model_name="whitelisttarget",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s_rows", to="accounts.team"
            ),
        ),
        migrations.AddIndex(
            model_name="whitelistaction",
            index=models.Index(fields=["team", "state", "permission"], name="rule_by_team_and_state"),
        ),
        migrations.AddIndex(
            model_name="whitelistaction",
            index=models.Index(fields=["-changed_at", "-id"], name="rule_by_change"),
        ),
        migrations.AddConstraint(
            model_name="whitelistaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), _negated=True),
                    models.Q(("activated_at__isnull", False), ("activated_by__isnull", False)),
                    _connector="OR",
                ),
                name="active_rule_names_who",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="rule_version_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewed_version", None),
                    ("reviewed_version__lte", models.F("version")),
                    _connector="OR",
                ),
                name="rule_review_is_of_a_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_uses", None), ("max_uses__gte", 1), _connector="OR"),
                name="rule_has_a_use",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleversion",
            constraint=models.UniqueConstraint(
                fields=("rule_kind", "rule_id", "version"), name="one_row_per_rule_version"
            ),
        ),
        migrations.AddIndex(
            model_name="whitelisttarget",
            index=models.Index(fields=["team", "state"], name="target_by_team_and_state"),
        ),
        migrations.AddIndex(
            model_name="whitelisttarget",
            index=models.Index(fields=["-changed_at", "-id"], name="target_by_change"),
        ),
        migrations.AddConstraint(
            model_name="whitelisttarget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), _negated=True),
                    models.Q(("activated_at__isnull", False), ("activated_by__isnull", False)),
                    _connector="OR",
                ),
                name="active_target_names_who",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelisttarget",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="target_version_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelisttarget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewed_version", None),
                    ("reviewed_version__lte", models.F("version")),
                    _connector="OR",
                ),
                name="target_review_is_of_a_version",
            ),
        ),
    ]
