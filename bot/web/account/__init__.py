"""Pages of a person's own account: notification settings, signing in, unsubscribing from mails."""
