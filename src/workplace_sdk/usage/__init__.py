"""What people go out for: hand-offs counted in the store, without who. Nothing is counted unless the settings ask for it."""
