"""Plain JSON to any address: one object a message, signed where a key is given."""
