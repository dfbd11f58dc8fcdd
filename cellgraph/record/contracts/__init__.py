"""Contracts: what a value was, and whether a later one is of the same kind.

In comes the value of a name that is under contract. Out comes a ``Description``, which is plain data and
holds no value; a ``Contract``, which merges the descriptions of several runs; and ``Difference``s, in words.

- ``facts``: the frozen types.
- ``describe``: a value → its description, and ``columns``: one column or array → a ``Part``. They run no code
  of the user's and import no library.
- ``clauses``: descriptions → a contract, and a contract against a description → differences.
- ``storage``: contracts as JSON, and back.

Open first: ``facts``, then ``clauses``.

``record/contract_records.py`` calls these after each run. ``analyse/contracts.py`` makes findings of what it
recorded, ``analyse/contract_source.py`` makes Python source of a contract.
"""
