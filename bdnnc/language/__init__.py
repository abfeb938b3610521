"""From text to meaning: grammar, syntax tree, checker. What comes out is a `DataSpec` and a `ModelSpec`.

Here live the reading of the grammar, the parser, the tree and the checks that need no data. Nothing here opens a data file or
knows a solver.
"""

from bdnnc.language.checker import check_data, check_file, check_model
from bdnnc.language.findings import merged
from bdnnc.language.parser import parse, read_source
from bdnnc.language.starter import starter
from bdnnc.language.traversal import tree_text

__all__ = ["check_data", "check_file", "check_model", "merged", "parse", "read_source", "starter", "tree_text"]
