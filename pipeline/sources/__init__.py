"""Sources of chat. A new one: a module here and a line in registry.py."""
