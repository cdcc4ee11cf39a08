"""What makes a job fail."""


class SourceFault(Exception):
    """The source cannot be brought in, and the message says where it lies and what would be right."""
