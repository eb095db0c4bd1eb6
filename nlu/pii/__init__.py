"""Finding whose name stands in a text that was typed where no usager may be named."""
