from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engines", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="engine", name="one_engine_name_per_team"),
        migrations.AddConstraint(
            model_name="engine",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retired_at", None)),
                fields=("team", "name"),
                name="one_live_engine_name_per_team",
            ),
        ),
    ]
