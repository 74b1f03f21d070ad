"""The state in a database: SQLite in the data folder, or PostgreSQL by URL.

``database`` opens it, ``writer`` writes behind the calls' backs, ``lines`` and ``call_log`` say what.
"""
