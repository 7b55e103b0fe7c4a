import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import events.identifiers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("engines", "0002_retired_engines_free_their_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Drift",
            fields=[
                (
                    "engine",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="drift",
                        serialize=False,
                        to="engines.engine",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unknown", "not known"),
                            ("same", "as released"),
                            ("different", "differs from the release"),
                        ],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("differences", models.JSONField(default=list)),
                ("reason", models.CharField(blank=True, help_text="Why it is not known.", max_length=300)),
                ("checked_at", models.DateTimeField(null=True)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="PublishLease",
            fields=[
                (
                    "engine",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="publish_lease",
                        serialize=False,
                        to="engines.engine",
                    ),
                ),
                ("holder", models.CharField(blank=True, max_length=80)),
                ("epoch", models.BigIntegerField(default=0)),
                ("expires_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Release",
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
                ("number", models.PositiveIntegerField()),
                ("files", models.JSONField()),
                ("inputs", models.JSONField()),
                ("content_hash", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=64)),
                ("key_id", models.CharField(max_length=32)),
                ("engine_schema", models.CharField(max_length=40)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("created_by_kind", models.CharField(max_length=16)),
                ("created_by_id", models.CharField(max_length=64)),
                ("created_by_label", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "engine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="engines.engine",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Publication",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("validating", "checking the release"),
                            ("trying", "trying it on a throwaway engine"),
                            ("staging", "laying the files down"),
                            ("waiting", "waiting for the engine to be idle"),
                            ("by_hand", "waiting for somebody to copy the files"),
                            ("swapping", "swapping the folder"),
                            ("disposing", "having the engine read it"),
                            ("reading_back", "reading back"),
                            ("rolling_back", "rolling back"),
                            ("live", "live"),
                            ("rolled_back", "rolled back"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=16,
                    ),
                ),
                ("step_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("is_forced", models.BooleanField(default=False)),
                ("is_rollback", models.BooleanField(default=False)),
                ("error", models.TextField(blank=True)),
                ("waits_for", models.CharField(blank=True, max_length=500)),
                ("details", models.JSONField(default=dict)),
                ("attempts", models.PositiveIntegerField(default=0, help_text="Of the step that it is in.")),
                (
                    "due_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="When the next attempt is made."
                    ),
                ),
                ("requested_by_kind", models.CharField(max_length=16)),
                ("requested_by_id", models.CharField(max_length=64)),
                ("requested_by_label", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "engine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publications",
                        to="engines.engine",
                    ),
                ),
                (
                    "previous_release",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publications_after",
                        to="releases.release",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publications",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="EngineDefaults",
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
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("content_hash", models.CharField(max_length=64)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("author_kind", models.CharField(max_length=16)),
                ("author_id", models.CharField(max_length=64)),
                ("author_label", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "engine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="defaults_versions",
                        to="engines.engine",
                    ),
                ),
            ],
            options={
                "ordering": ["engine", "-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engine", "number"), name="one_engine_defaults_of_a_number"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(fields=("engine", "number"), name="one_release_of_a_number"),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(
                fields=("engine", "content_hash"), name="one_release_of_a_content"
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(fields=["engine", "state", "ended_at"], name="publication_by_engine_state"),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("engine",),
                name="one_unfinished_publication_per_engine",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at", None),
                        (
                            "state__in",
                            [
                                "by_hand",
                                "disposing",
                                "queued",
                                "reading_back",
                                "rolling_back",
                                "staging",
                                "swapping",
                                "trying",
                                "validating",
                                "waiting",
                            ],
                        ),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state__in", ["cancelled", "failed", "live", "rolled_back"]),
                    ),
                    _connector="OR",
                ),
                name="publication_ended_when_over",
            ),
        ),
    ]
