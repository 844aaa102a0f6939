"""Feeds damaged and hostile files to the code that reads models, samples and labels, for `tools/dev.py fuzz`.

`campaign` makes the mutated files, one per number, from the files that `originals` writes. `target` is the process that
reads them with the product's own code. Every file must be read, or refused with an error that says what to do.
"""
