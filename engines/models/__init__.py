from engines.models.cao import CaoServer
from engines.models.chat import Chat, Message
from engines.models.engine import Engine
from engines.models.lease import EngineLease
from engines.models.subagent import Subagent

__all__ = ["CaoServer", "Chat", "Engine", "EngineLease", "Message", "Subagent"]
