"""The SPHERE assistant's service: gateway, capabilities, channels and pages."""
