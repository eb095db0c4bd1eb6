"""A population with chats, a platform that knows it, and bots that are killed: for tests and bench."""
