"""Attacks from outside on a running installation: each test is one."""
