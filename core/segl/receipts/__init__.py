"""What receipts are made of, on its way and in the store: tokens, facts, states, records.

Nothing here sends or reads mail; ``segl-milter`` begins what ``segl_delivery.receipts`` ends.
"""
