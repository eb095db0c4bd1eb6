"""Support: tickets, the handover to human agents, the desk, the team's groups, figures. See docs/dev/support.md."""
