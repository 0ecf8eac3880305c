"""What is simulated; no time passes here."""
