"""The flows of the assistant, one module or package per capability."""
