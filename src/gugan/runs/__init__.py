"""核算: what follows from the facts: runs, their outcomes, approval, sealing, verification."""
