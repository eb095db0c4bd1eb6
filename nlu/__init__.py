"""Everything that runs inside the Rasa server: NLU components, input channel, training, evaluation."""
