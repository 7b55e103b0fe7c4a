from accounts.models.idempotency import IdempotencyRecord
from accounts.models.invitation import Invitation
from accounts.models.login_link import LoginLink
from accounts.models.login_session import LoginSession
from accounts.models.login_throttle import LoginThrottle
from accounts.models.ssh_key import SshKey
from accounts.models.team import Membership, Team
from accounts.models.token import ApiToken
from accounts.models.user import User

__all__ = [
    "ApiToken",
    "IdempotencyRecord",
    "Invitation",
    "LoginLink",
    "LoginSession",
    "LoginThrottle",
    "Membership",
    "SshKey",
    "Team",
    "User",
]
