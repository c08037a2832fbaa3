"""What the invoicing app is told by its environment."""

import os
from pathlib import Path

CATALOGUE_MIB = int(os.environ.get("CATALOGUE_MIB", "10"))  # that every worker keeps
INVOICE_MIB = int(os.environ.get("INVOICE_MIB", "10"))  # that every request holds
ISSUED_FILE = Path(os.environ.get("ISSUED_FILE", "issued.txt"))  # one number a line
