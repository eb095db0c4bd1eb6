"""The directory of professionals: find somebody."""
