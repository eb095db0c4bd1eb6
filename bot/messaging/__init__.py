"""What happens to an incoming message: inbox → who is it → Rasa → reply. See docs/dev/conversation.md."""
