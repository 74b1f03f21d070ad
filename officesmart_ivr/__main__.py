"""``python -m officesmart_ivr`` is the command ``officesmart-ivr``."""

from officesmart_ivr.cli.main import main

main()
