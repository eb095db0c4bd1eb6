"""A crowd: thousands of people with chats and care teams, the platform that knows them, and bots that are killed. For tests and bench."""
