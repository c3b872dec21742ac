"""What is made: native Keras objects from specs. Keras is imported when something is built, not before."""
