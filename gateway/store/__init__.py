"""The database: types, statements, transactions, group commit, migrations."""
