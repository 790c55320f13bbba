"""How the model is made: corpus to windows, encoder fine-tuned, linear stage distilled, thresholds chosen.

Not part of the installed product: it needs the extra ``train`` (torch and the weights to begin from).
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # see segl_classifier.understanding.recalling
