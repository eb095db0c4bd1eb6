"""Messages in and out: inbox, router, the assistant or human agents, reply. See docs/dev/messaging.md."""
