from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0004_inbox_indexes")]

    operations = [
        migrations.AddIndex(
            model_name="permissionrequest",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["engine", "session_id"],
                name="request_session_pending",
            ),
        ),
    ]
