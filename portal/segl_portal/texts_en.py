"""English: see :mod:`segl_portal.catalogue`."""

from __future__ import annotations

from typing import Final

from segl_portal.catalogue import Texts

ENGLISH: Final = Texts(
    language="en",
    other_name="Dansk",
    skip="Skip to the content",
    privacy="How we handle personal data",
    genuine="The address at the top of your browser must begin with {base}. You will never be asked for MitID, "
    "card "
    "numbers or passwords here.",
    landing_title="You have a secure message",
    landing_lead="The message may hold personal information. So we must first see that it is you.",
    landing_how="Press the button and we send you a code. It comes in a new mail to the address where you got "
    "the link.",
    landing_button="Send me a code",
    paste_label="The link from the mail",
    paste_without_script="Copy the whole link from the mail and paste it here. Your browser does not let this "
    "page read "
    "it by itself.",
    paste_incomplete="That is not the whole link. Copy it again from the mail: it ends in a long row of letters "
    "and digits.",
    paste_missing="The last part of the link is missing. Open the link in the mail again, or copy the whole "
    "link and "
    "paste it here.",
    phrase_question="Did the sender give you a password?",
    phrase_label="Password from the sender",
    phrase_hint="Only if the sender gave you one. Otherwise leave this empty.",
    continue_reading="You have already opened the message here. Read on",
    left_title="The message is closed",
    left_text="Nobody can read it on this device without a new code. To read it again, open the link in the mail.",
    again_title="Open the message again",
    again_text="Too much time has passed, or the message was opened in another browser. Ask for a new code to "
    "read on.",
    code_title="Type the code from the mail",
    code_lead="In a moment you get a new mail with a code of 8 digits. If that was agreed, it comes as a text "
    "message. "
    "The code is good for {minutes} minutes.",
    reference="Reference",
    reference_hint="The same reference must stand with the code. If not, the code does not belong here.",
    code_label="Code",
    code_hint="8 digits",
    code_button="Read the message",
    no_code="Does no code come?",
    no_code_wait="Wait a few minutes and look in your spam folder. Then ask for a new code.",
    no_code_ended="If still none comes, the message may be deleted, because its time is over or the sender took "
    "it back. "
    "Ask the sender.",
    new_code="Send a new code",
    error_prefix="Error",
    wrong="The code does not fit. Look at the mail and type it again.",
    expired="The code is no longer good. Ask for a new one.",
    too_many="There were too many tries. Wait a while, then ask for a new code.",
    busy="We cannot take this just now. Try again in a moment.",
    from_="From",
    to="To",
    copy="Copy",
    sent="Sent",
    no_subject="Message without a subject",
    body="The message's text",
    quoted="Show earlier text",
    file_name="secure message",
    body_empty="The message has no text.",
    more_addresses="and {count} more",
    remote_blocked="Pictures from the internet are not shown, because others could then see that you read the "
    "message.",
    notes={
        "encrypted": "The sender encrypted the message for you. Download it as mail and open it in your mail program.",
        "signed": "The message bears a digital signature. It can be checked in the whole mail (.eml) only.",
        "shortened": "The message is very long, and not all of it is shown. Download it as mail to see the rest.",
        "simplified": "The message's layout could not be shown. Here are its words.",
        "truncated": "The message has more parts than are shown here. Download it as mail to see them all.",
    },
    kinds={
        "pdf": "PDF",
        "picture": "Picture",
        "document": "Document",
        "sheet": "Spreadsheet",
        "slides": "Slides",
        "archive": "Archive",
        "text": "Text",
        "message": "Mail",
        "calendar": "Calendar entry",
        "contact": "Contact",
        "sound": "Sound",
        "film": "Film",
        "program": "Program – open it only if you expect it",
        "signature": "Digital signature",
        "encrypted": "Encrypted file",
        "other": "File",
    },
    readable_until="You can read the message until {day}. Then it is deleted.",
    files="Attached files",
    open_preview="Show",
    download="Download",
    preview_of="{name}, shown",
    preview_page="Page {page}",
    back_to_message="Back to the message",
    keep="Keep the message",
    whole_mail="As mail (.eml)",
    whole_pdf="As PDF",
    leave="Close the message",
    answers="Your answers",
    answered_at="Sent {time}",
    answer="Answer",
    answer_to="Your answer goes securely to {sender}.",
    answer_label="Write your answer",
    answer_files="Attach files",
    answer_everyone="Send it to the other recipients too: {others}",
    answer_limits="At most {files} files, {size} in all.",
    answer_remove="Remove {name}",
    answer_button="Send answer",
    answer_sending="Sending … {percent} %",
    answer_done="Your answer is sent.",
    answer_late="The answer was not sent. Try again: your text is still here.",
    answer_waiting="The answer is kept, but not sent yet.",
    answer_send_again="Send it now",
    answer_refused={
        "empty": "Write something, or attach a file.",
        "text-too-long": "The text is too long. Send some of it as a file.",
        "too-many-files": "Those are too many files at once. Send some of them in a new answer.",
        "file-too-large": "{file} is too large.",
        "too-large": "That is too much at once. Send some of it in a new answer.",
        "file-empty": "{file} is empty. Is the picture still on your phone?",
        "file-refused": "{file} cannot be sent, because files of that kind can hold programs.",
        "file-infected": "{file} cannot be sent: the virus scanner refuses it.",
        "not-scanned": "Files cannot be checked for viruses just now. Try again later, or send only text.",
        "busy": "We cannot take this just now. Try again in a moment.",
        "no-space": "There is no room for the answer just now. Try again later.",
        "too-soon": "You have sent many answers in a short time. Try again in an hour.",
        "too-slow": "The connection is too slow just now. Try again, perhaps with fewer files.",
        "not-sent": "Your answer is kept, but has not arrived yet. Try to send it again in a while.",
        "too-many-answers": "No more answers can be sent to this message. Contact the sender.",
        "closed": "This message cannot be answered here.",
        "gone": "The message is no longer here, so the answer cannot be sent.",
        "mailbox": "The sender's mailbox does not take it. Contact the sender in another way.",
        "bad-form": "The answer could not be understood. Try again.",
        "foreign-form": "The page was open for too long. Your text is still here: send it again.",
        "cut": "The answer did not arrive whole. Try again.",
    },
    revoke_title="Take the message back?",
    revoke_lead="Then none of its recipients can read it any more. This cannot be undone. Whoever has read the "
    "message "
    "may have kept it.",
    revoke_button="Take the message back",
    revoked_title="The message is taken back",
    revoked_text="It is deleted, and nobody can read it here any more.",
    not_revoked_title="Nothing was taken back",
    not_revoked_text="The link does not fit a message that can be taken back. It may be deleted already. Open "
    "the link in "
    "the receipt again, or ask whoever looks after your mail.",
    faults={
        "not-found": (
            "There is no such page",
            "Open the link in the mail again, or copy the whole link into the browser.",
        ),
        "not-allowed": ("That cannot be done", "Go back, and try again from the message's page."),
        "cookies": (
            "Your browser may not keep cookies",
            "This page uses one cookie, to know your browser while you read. Allow cookies for this page, and "
            "open the "
            "link in the mail again.",
        ),
        "other-site": (
            "Try again from the link in the mail",
            "The page was open for too long, or the request did not come from this page. Open the link in the "
            "mail again.",
        ),
        "too-large": ("That is too much", "Send less at a time: fewer or smaller files."),
        "too-slow": ("That took too long", "The connection is too slow just now. Try again."),
        "bad-request": ("That could not be understood", "Open the link in the mail again."),
        "busy": ("We cannot take this just now", "Try again in a moment. Your message is still here."),
        "fault": (
            "Something went wrong on our side",
            "It is not your fault. Try again in a moment. Your message is still here.",
        ),
    },
)
