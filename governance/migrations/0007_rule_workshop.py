import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import events.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_idempotency_records"),
        ("engines", "0002_retired_engines_free_their_name"),
        ("governance", "0006_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProposalLook",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="proposal_look",
                        serialize=False,
                        to="accounts.team",
                    ),
                ),
                ("looked_at", models.DateTimeField()),
                ("newest_decision_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RuleProposal",
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
                ("directory", models.CharField(blank=True, max_length=1000)),
                (
                    "agent",
                    models.CharField(
                        blank=True, help_text="The one agent that asked; empty for several.", max_length=80
                    ),
                ),
                ("pattern", models.TextField()),
                ("is_strict", models.BooleanField()),
                (
                    "rung",
                    models.CharField(
                        help_text="What the rung is called, such as exact or prefix.", max_length=40
                    ),
                ),
                (
                    "shape_hash",
                    models.CharField(help_text="Of permission, directory, pattern and kind.", max_length=64),
                ),
                ("approvals", models.PositiveIntegerField()),
                ("people", models.PositiveIntegerField()),
                ("evidence", models.JSONField(default=dict)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("accepted", "accepted"), ("dismissed", "dismissed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "rule_id",
                    models.CharField(blank=True, help_text="The rule that was made from it.", max_length=15),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settled_proposals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rule_proposals",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="RuleReplay",
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
                (
                    "rule_id",
                    models.CharField(
                        blank=True, help_text="The rule that is edited; empty for a new one.", max_length=15
                    ),
                ),
                ("draft", models.JSONField()),
                ("judged_hash", models.CharField(max_length=64)),
                ("rules_version", models.PositiveBigIntegerField(default=0)),
                (
                    "proposal_id",
                    models.CharField(
                        blank=True, help_text="The proposal it came from, if any.", max_length=15
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "under way"), ("done", "done")], default="running", max_length=8
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField(help_text="Older requests are left out.")),
                (
                    "position_at",
                    models.DateTimeField(help_text="Where the next step begins: before this moment and id."),
                ),
                ("position_id", models.CharField(blank=True, max_length=15)),
                ("result", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "request",
                    models.ForeignKey(
                        help_text="The request from whose page the rule is proposed, if any.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rule_replays",
                        to="governance.permissionrequest",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rule_replays",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rule_replays",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.AddIndex(
            model_name="ruleproposal",
            index=models.Index(
                fields=["team", "state", "-last_at", "-id"], name="proposal_by_team_and_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleproposal",
            constraint=models.UniqueConstraint(fields=("team", "shape_hash"), name="one_proposal_per_shape"),
        ),
        migrations.AddConstraint(
            model_name="ruleproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("settled_by", None), ("state", "open")),
                    models.Q(
                        models.Q(("state", "open"), _negated=True),
                        ("settled_at__isnull", False),
                        ("settled_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="settled_proposal_names_who",
            ),
        ),
        migrations.AddIndex(
            model_name="rulereplay",
            index=models.Index(fields=["team", "judged_hash", "-created_at"], name="replay_by_draft"),
        ),
        migrations.AddIndex(
            model_name="rulereplay",
            index=models.Index(fields=["requested_by", "created_at"], name="replay_by_person"),
        ),
        migrations.AddConstraint(
            model_name="rulereplay",
            constraint=models.CheckConstraint(
                condition=models.Q(("done__lte", models.F("total"))), name="replay_is_done_with_at_most_all"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulereplay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "running")),
                    models.Q(models.Q(("state", "running"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="only_an_ended_replay_has_an_end",
            ),
        ),
    ]
