"""The dialogue: rasa-sdk actions. `framework` holds what every flow shares, `flows` a module or package per capability."""
