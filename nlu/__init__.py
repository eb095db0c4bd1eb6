"""Everything that runs inside the Rasa server: components, input channel, training, evaluation."""
