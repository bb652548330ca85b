"""Charts as pictures, drawn in a process of their own, and as a line of text."""
