"""Files as state: which of them a run reads and writes, and what is in them now.

In come the calls of a run that open files, and the paths that its text names. Out come reads and writes of
names such as ``file:data/clean.csv``, with digests of the contents.

Open first:
    ``file_accesses``: after a run, what it did with files, and what is in them now.
    ``file_observer``: what is noted while it runs, and which calls count.
    ``folder_listings``: which files a run lists, by its text and by the folders that it was seen to list.
    ``user_modules``: the files of modules that the user can edit.

``paths`` says which files are no state of the notebook: Python's own files, caches, fonts.
"""
