"""Work on what strangers wrote, in processes that may hang, crash or be taken over without harm to the rest.

The libraries that read PDF, pictures and archives are large. None of them is loaded where messages are judged
or shown: :mod:`.workers` has a :mod:`.template` process started, which loads them once and forks a worker for
each who asks; a worker shuts itself in (:mod:`.sandbox`) before it takes its first job. What passes between
is plain bytes (:mod:`.frames`), checked on arrival. What the work is stands in a module of whoever uses this:
attachments are read for the classifier, previews and PDF files made for the portal."""
