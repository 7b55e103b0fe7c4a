from accounts.models.login_link import LoginLink
from accounts.models.team import Membership, Team
from accounts.models.token import ApiToken
from accounts.models.user import User

__all__ = ["ApiToken", "LoginLink", "Membership", "Team", "User"]
