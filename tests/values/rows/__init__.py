"""The rows, a file a family. Each module holds ``ROWS``, a tuple of Row."""
