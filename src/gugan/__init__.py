"""骨干 gugan: personnel and pay of urban community workers."""

__version__ = "0.1.0"
