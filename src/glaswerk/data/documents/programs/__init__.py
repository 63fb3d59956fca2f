"""Programs that read one file with a library, each in a process of limited time and memory.

`data.files.limited_process` runs them by path. They import nothing from this package, read from standard
input and write JSON to standard output. Exit codes: 3 broken, 4 encrypted, 5 too big, 6 nested too deep.
"""
