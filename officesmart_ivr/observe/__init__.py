"""What people see of the system: logs, and calls explained in words."""
