from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0003_acting_on_requests")]

    operations = [
        migrations.AddIndex(
            model_name="permissionrequest",
            index=models.Index(
                fields=["team", "decided_by_kind", "-created_at", "-id"], name="request_by_team_and_decider"
            ),
        ),
        migrations.AddIndex(
            model_name="permissionrequest",
            index=models.Index(fields=["decided_by_kind", "-created_at", "-id"], name="request_by_decider"),
        ),
        migrations.AddIndex(
            model_name="enginereply",
            index=models.Index(fields=["state", "created_at"], name="reply_by_state"),
        ),
    ]
