"""XML as office programs write it, read as a stream: text in its order, attributes, the names that matter."""
