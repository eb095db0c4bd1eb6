"""What every flow shares: actions, the flow life cycle, the dialogue stack, reading a turn, uttering responses, the server."""
