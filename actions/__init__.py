"""What the assistant does: rasa-sdk custom actions, thin, a module per capability."""
