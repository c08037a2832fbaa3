"""The commands of the harness: each turns options into an order, lets it be carried out, and says what came of it."""
