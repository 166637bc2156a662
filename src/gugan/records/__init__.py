"""What happened: organisations, people, the action ledger, and the roster folded from it."""
