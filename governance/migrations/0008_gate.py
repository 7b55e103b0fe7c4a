import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import events.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_idempotency_records"),
        ("engines", "0002_retired_engines_free_their_name"),
        ("governance", "0007_rule_workshop"),
    ]

    operations = [
        migrations.CreateModel(
            name="GateCall",
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
                    "key",
                    models.CharField(
                        help_text="The plugin's own name for this call; asked twice, known once.",
                        max_length=64,
                    ),
                ),
                ("process", models.CharField(max_length=64)),
                ("directory", models.CharField(max_length=1000)),
                ("session_id", models.CharField(max_length=64)),
                ("call_id", models.CharField(max_length=200)),
                ("tool", models.CharField(max_length=120)),
                ("permission", models.CharField(max_length=120)),
                ("argument_hash", models.CharField(max_length=64)),
                (
                    "message",
                    models.TextField(blank=True, help_text="Why it was refused, in words for the agent."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("passed", "left to the engine's own request"),
                            ("held", "held until a verdict"),
                            ("released", "allowed to run"),
                            ("refused", "refused"),
                            ("ended", "over"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("released_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "proven_part",
                    models.CharField(
                        blank=True,
                        help_text="The engine's tool part that this call stands for.",
                        max_length=64,
                    ),
                ),
                ("message_id", models.CharField(blank=True, help_text="That part's message.", max_length=64)),
                (
                    "engine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gate_calls",
                        to="engines.engine",
                    ),
                ),
                (
                    "request",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gate_call",
                        to="governance.permissionrequest",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="GatePresence",
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
                ("directory", models.CharField(max_length=1000)),
                ("process", models.CharField(blank=True, max_length=64)),
                ("instance", models.CharField(blank=True, max_length=64)),
                ("plugin_version", models.CharField(blank=True, max_length=40)),
                ("engine_version", models.CharField(blank=True, max_length=40)),
                ("reported_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(help_text="The last report or call.", null=True)),
                (
                    "stale_at",
                    models.DateTimeField(
                        help_text="The engine went away after the last sign of life.", null=True
                    ),
                ),
                ("ungated_at", models.DateTimeField(null=True)),
                ("ungated_reason", models.CharField(blank=True, max_length=300)),
                ("ungated_session", models.CharField(blank=True, max_length=64)),
                ("ungated_call", models.CharField(blank=True, max_length=200)),
                (
                    "rules",
                    models.JSONField(
                        help_text="{agent: [[permission, pattern, action], …]} as read back; null: not known.",
                        null=True,
                    ),
                ),
                (
                    "engine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gate_presences",
                        to="engines.engine",
                    ),
                ),
            ],
            options={
                "ordering": ["directory"],
            },
        ),
        migrations.CreateModel(
            name="GateUse",
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
                ("permission", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="used_for",
                        to="governance.gatecall",
                    ),
                ),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gate_use",
                        to="governance.permissionrequest",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EngineGate",
            fields=[
                (
                    "engine",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="gate",
                        serialize=False,
                        to="engines.engine",
                    ),
                ),
                ("waived_at", models.DateTimeField(null=True)),
                ("waived_by_id", models.CharField(blank=True, max_length=15)),
                ("waived_by_label", models.CharField(blank=True, max_length=200)),
                ("waived_reason", models.CharField(blank=True, max_length=300)),
                (
                    "token",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gate",
                        to="accounts.apitoken",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("waived_at", None), ("waived_by_id", "")),
                            models.Q(
                                ("waived_at__isnull", False),
                                models.Q(("waived_by_id", ""), _negated=True),
                                models.Q(("waived_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="gate_waiver_names_who_and_why",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="gatecall",
            index=models.Index(fields=["engine", "session_id", "call_id"], name="gate_call_by_call"),
        ),
        migrations.AddIndex(
            model_name="gatecall",
            index=models.Index(
                condition=models.Q(("state", "held")), fields=["engine", "session_id"], name="gate_call_held"
            ),
        ),
        migrations.AddConstraint(
            model_name="gatecall",
            constraint=models.UniqueConstraint(fields=("engine", "key"), name="one_row_per_gate_call"),
        ),
        migrations.AddConstraint(
            model_name="gatecall",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "held"), _negated=True), ("request__isnull", False), _connector="OR"
                ),
                name="held_gate_call_has_a_request",
            ),
        ),
        migrations.AddConstraint(
            model_name="gatepresence",
            constraint=models.UniqueConstraint(
                fields=("engine", "directory"), name="one_gate_presence_per_folder"
            ),
        ),
        migrations.AddConstraint(
            model_name="gateuse",
            constraint=models.UniqueConstraint(
                fields=("call", "permission"), name="gate_verdict_is_used_once"
            ),
        ),
    ]
