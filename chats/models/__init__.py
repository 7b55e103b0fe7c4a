from chats.models.prompt import OutgoingMessage
from chats.models.reading import ChatRead
from chats.models.stop import TurnStop

__all__ = ["ChatRead", "OutgoingMessage", "TurnStop"]
