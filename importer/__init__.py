"""The reference importer server: turns "import this player's games" into stored games."""
