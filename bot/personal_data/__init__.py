"""What is held on a person: how long in each table, and what a person may have shown to them and erased (docs/dev/personal_data.md)."""
