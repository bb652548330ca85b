"""What becomes of texts that are no command and no answer: repeated secrets, typos, plain words."""
