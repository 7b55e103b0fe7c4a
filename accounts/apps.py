from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, service accounts, teams, memberships, API tokens, SSH keys, invitations, logins."""

    name = "accounts"

    def ready(self) -> None:
        from events.append_only import freeze_rows, keep_rows

        for model in ("User", "Team", "Membership", "ApiToken", "Invitation", "SshKey"):
            keep_rows(f"accounts.{model}")
        # What a fingerprint was checked for stays what it is a fingerprint of.
        identity = ("user_id", "key_type", "bits", "fingerprint", "created_at")
        freeze_rows("accounts.SshKey", name="identity", columns=identity)
        freeze_rows("accounts.SshKey", name="text", when="NEW.deleted_at IS NULL", columns=("public_key",))
        freeze_rows("accounts.SshKey", name="deleted", when="OLD.deleted_at IS NOT NULL")
        from accounts.logins import connect_signals

        connect_signals()
