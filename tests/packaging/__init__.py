"""What is shipped is what was tested."""
