"""HTTP once for all pages and APIs: problem details, security headers, forms, rate limits, health and metrics."""
