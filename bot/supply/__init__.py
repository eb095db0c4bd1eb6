"""What the product is made of: its locks, its bill of materials, and what is known of weaknesses in them."""
