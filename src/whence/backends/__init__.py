"""The only place for heavy libraries: one library and role a file, each behind an extra."""
