"""What a scenario does, in the words of each noun: the world's verbs."""
