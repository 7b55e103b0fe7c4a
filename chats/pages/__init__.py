"""The pages of chats: the list, one conversation, what one does there."""
