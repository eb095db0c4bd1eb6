"""HTTP once for all pages and APIs: bodies, forms, sessions, CSRF tokens, rate limits, problem details, headers, health, metrics."""
