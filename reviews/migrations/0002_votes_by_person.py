from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="vote",
            index=models.Index(fields=["voter_id", "-at"], name="vote_by_person"),
        ),
    ]
