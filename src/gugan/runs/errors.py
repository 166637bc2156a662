"""What a run may refuse, said with what to do about it."""


class RunError(Exception):
    """A refusal in Chinese: what is wrong, then what to do. Names no person."""
