from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, service accounts, teams, memberships, API tokens, invitations, logins."""

    name = "accounts"

    def ready(self) -> None:
        from events.append_only import keep_rows

        for model in ("User", "Team", "Membership", "ApiToken", "Invitation"):
            keep_rows(f"accounts.{model}")
        from accounts.logins import connect_signals

        connect_signals()
