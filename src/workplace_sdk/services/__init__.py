"""What an employee can do: one file per service, with its models, its interface and its own errors."""
