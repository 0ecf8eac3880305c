"""How time passes."""
