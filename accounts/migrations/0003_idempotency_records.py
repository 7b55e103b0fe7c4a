import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=100)),
                ("route", models.CharField(max_length=200)),
                ("request_digest", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField(default=0)),
                ("answer", models.TextField(blank=True)),
                ("location", models.CharField(blank=True, max_length=500)),
                ("subject_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="idempotency_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "route", "key"), name="one_answer_for_an_idempotency_key"
                    )
                ],
            },
        ),
    ]
