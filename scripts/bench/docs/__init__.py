"""What the data docs cost as stored results grow, beside Great Expectations' own builder."""
