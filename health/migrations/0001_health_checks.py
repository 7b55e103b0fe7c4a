import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import events.identifiers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_idempotency_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="PortalProcess",
            fields=[
                ("holder", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=64)),
                ("pid", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("tasks", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="HealthCheck",
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
                    "component",
                    models.CharField(
                        choices=[
                            ("database", "database"),
                            ("channel_layer", "hints between processes"),
                            ("engine", "engine"),
                            ("event_stream", "event stream"),
                            ("gate", "gate"),
                            ("relay", "relay"),
                            ("task", "background task"),
                            ("cao", "CAO server"),
                            ("disk", "disk"),
                            ("mcp_server", "MCP server"),
                        ],
                        max_length=16,
                    ),
                ),
                ("subject_id", models.CharField(blank=True, max_length=64)),
                ("name", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("starting", "starting"),
                            ("ready", "ready"),
                            ("degraded", "degraded"),
                            ("offline", "offline"),
                            ("error", "error"),
                        ],
                        default="starting",
                        max_length=8,
                    ),
                ),
                (
                    "since",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="When it came into its state."
                    ),
                ),
                ("last_ping_at", models.DateTimeField(help_text="When it was last looked at.", null=True)),
                ("last_ready_at", models.DateTimeField(help_text="When it was last found well.", null=True)),
                ("detail", models.CharField(blank=True, max_length=500)),
                ("facts", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="health_checks",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["component", "name", "id"],
            },
        ),
        migrations.CreateModel(
            name="HealthChange",
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
                ("before", models.CharField(blank=True, max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("starting", "starting"),
                            ("ready", "ready"),
                            ("degraded", "degraded"),
                            ("offline", "offline"),
                            ("error", "error"),
                        ],
                        max_length=8,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "health_check",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="health.healthcheck",
                    ),
                ),
            ],
            options={
                "verbose_name": "health change",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="HealthWatch",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("holder", models.CharField(blank=True, max_length=80)),
                ("epoch", models.BigIntegerField(default=0)),
                ("expires_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "round_at",
                    models.DateTimeField(help_text="When the last round of looking ended.", null=True),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="health_watch_is_one_row")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="healthcheck",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["team", "state"], name="health_by_team"
            ),
        ),
        migrations.AddConstraint(
            model_name="healthcheck",
            constraint=models.UniqueConstraint(
                fields=("component", "subject_id"), name="one_health_check_per_subject"
            ),
        ),
        migrations.AddIndex(
            model_name="healthchange",
            index=models.Index(fields=["health_check", "-at", "-id"], name="health_change_by_check"),
        ),
        migrations.AddIndex(
            model_name="healthchange",
            index=models.Index(fields=["-at", "-id"], name="health_change_by_time"),
        ),
    ]
