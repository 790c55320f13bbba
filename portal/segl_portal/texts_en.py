"""English: see :mod:`segl_portal.catalogue`."""

from __future__ import annotations

from typing import Final

from segl_portal.catalogue import Texts

ENGLISH: Final = Texts(
    language="en",
    other_name="Dansk",
    skip="Skip to the content",
    privacy="How we handle personal data",
    genuine="Look at the address in your browser (top or bottom): it must begin with {base}. Some phones show it "
    "without https://. You will never be asked for MitID, card numbers or your own passwords here.",
    landing_title="You have a secure message",
    landing_lead="The message may contain personal information. So we must first be sure that it is you.",
    landing_how="Press the button and we send you a code. It comes in a new mail, or as a text message "
    "if that was agreed.",
    landing_button="Send me a code",
    paste_label="The link from the mail",
    paste_without_script="Copy the whole link from the mail and paste it here. Your browser does not let "
    "this page read it by itself.",
    paste_incomplete="That is not the whole link. Copy it again from the mail: it ends in a long row of "
    "letters and digits.",
    paste_missing="The last part of the link is missing. Open the link in the mail again, or copy the "
    "whole link and paste it here.",
    press_again="Press the button once more. Then we know that it is you who presses it, and not a program.",
    phrase_question="Did the sender give you a code word?",
    phrase_label="Code word from the sender",
    phrase_hint="Only if the sender gave you one. Otherwise leave this empty.",
    continue_reading="You have already opened the message here. Read on",
    have_code="Did you get the code? Type it here",
    left_title="The message is closed",
    left_text="Nobody can read it here without a new code. Files that you downloaded are still on this computer or "
    "phone. To read the message again, open the link in the mail.",
    again_title="Open the message again",
    again_text="Too much time has passed, or the message was opened in another browser. Ask for a new "
    "code to read on.",
    code_title="Type the code",
    code_lead="In a moment you will get a code of 8 digits. It comes in a new mail, or as a text message if that "
    "was agreed. The code is valid for {minutes} minutes. Leave this page open while you look for it.",
    code_back="You have asked for a code. Type it here. If you got none, see below.",
    reference="Reference",
    reference_hint="The same reference must be shown with the code. If it is different, do not use that code; ask "
    "for a new one.",
    code_label="Code",
    code_hint="8 digits",
    code_button="Read the message",
    no_code="Did you get no code?",
    no_code_wait="It comes to the mail address that the sender wrote to. Wait a few minutes and look in your spam "
    "folder. Then ask for a new code. If the sender gave you a code word, use the link at the bottom: the code comes "
    "only when the code word was typed correctly.",
    no_code_ended="If there is still none, the message may be deleted, because its time is over or "
    "because the sender took it back. Ask the sender.",
    new_code="Send a new code",
    error_prefix="Error",
    wrong="That is not the code. Use the code from the mail or text message with the reference {reference}, and type "
    "it again.",
    expired="The code is no longer valid. Press “Send a new code” below.",
    too_many="There were too many attempts. Ask for a new code. If none comes, wait an hour and try again. If that "
    "does not help, contact the sender.",
    enough="You have asked for many codes in a short time. Use the code from the mail or text message with the "
    "reference {reference}; it may be late. If it does not work, wait an hour and ask for a new code. If that does not "
    "help, try tomorrow.",
    enough_elsewhere="Many codes were asked for in a short time, but not in this browser. It may be a program that "
    "tries links in mails. Wait an hour and try again. If that does not help, try tomorrow.",
    busy="The page is too busy just now. Try again in a while. If that does not help, wait an hour.",
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
    remote_blocked="Pictures from the internet are not shown, because others could then see that you read "
    "the message.",
    notes={
        "encrypted": "The sender encrypted the message for you. Download it as mail and open it in your mail program.",
        "signed": "The message is digitally signed. The signature can be checked only in the complete mail (.eml).",
        "shortened": "The message is very long, and not all of it is shown. Download it as mail to see the rest.",
        "simplified": "The message's layout could not be shown. Here is the text only.",
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
        "film": "Video",
        "program": "Program – open it only if you know what it is",
        "signature": "Digital signature",
        "encrypted": "Encrypted file",
        "other": "File",
    },
    readable_until="You can read the message up to and including {day}. After that it is deleted.",
    files="Attached files",
    open_preview="Show",
    download="Download",
    preview_of="{name}, shown",
    preview_page="Page {page}",
    keep="Keep the message",
    whole_mail="As mail (.eml, for Outlook and other mail programs)",
    whole_pdf="As PDF",
    no_pdf_title="The message could not be saved as PDF",
    no_pdf_text="It is too long for that, or the page is busy just now. Download it as mail instead, or try again in "
    "a while.",
    no_pdf_mail="Download it as mail",
    back="Back to the message",
    leave="Close the message",
    answers="Your replies",
    answered_at="Sent {time}",
    answer="Reply",
    answer_to="Your reply is sent encrypted to {sender}.",
    answer_label="Write your reply",
    answer_files="Attach files",
    answer_everyone="Send it to the other recipients too: {others}",
    answer_limits="At most {files} files, {size} in all.",
    answer_remove="Remove {name}",
    answer_button="Send reply",
    answer_sending="Sending … {percent} %",
    answer_done="Your reply is sent.",
    answer_partly="Your reply is sent, but not to everyone: at least one of the addresses does not take it. If you are "
    "in doubt, contact the sender in another way.",
    answer_late="The reply was not sent. Try again: your text is still here.",
    answer_unsure="We do not know whether the reply arrived. Press “Send reply” again: it will not come twice.",
    answer_not_sent="Your reply was not sent",
    answer_files_again="If you had attached files, choose them again.",
    answer_written="What you have written",
    answer_over="The reply was not sent. Too much time has passed, or the message was deleted. Press “Ask for a new "
    "code”. When you have opened the message again, your text is still there. If you chose files, choose them again.",
    answer_new_code="Ask for a new code",
    answer_not_kept="Your browser runs no scripts, so what you write is not kept on the way: it is gone if you load "
    "the page again or leave it. Write a long reply somewhere else, and paste it here.",
    answer_restored="Here is what you wrote last. It has not been sent yet. If you had chosen files, choose them "
    "again.",
    answer_waiting="The reply is kept, but not sent yet.",
    answer_send_again="Send it now",
    answer_refused={
        "empty": "Write something, or attach a file.",
        "text-too-long": "The text is too long. Send some of it as a file.",
        "too-many-files": "Those are too many files at once. Send some of them in a new reply.",
        "file-too-large": "{file} is too large. Remove it, or send a smaller version.",
        "too-large": "The reply is too large. Send some of the files in a new reply.",
        "file-empty": "{file} is empty. Is the picture still on your phone?",
        "file-refused": "{file} cannot be sent, because files of that kind can contain harmful programs. Send it as a "
        "PDF or a picture.",
        "file-infected": "{file} cannot be sent, because the virus check refused it. Remove the file, and send the "
        "reply again.",
        "not-scanned": "Files cannot be checked for viruses just now. Try again later, or send only text.",
        "busy": "We cannot take this just now. The reply was not sent: try again in a moment.",
        "no-space": "There is no room for the reply just now, and it was not sent. Try again later.",
        "too-soon": "You have sent many replies in a short time. Try again in an hour.",
        "too-slow": "The reply was not sent: the connection is too slow, or has stopped. Your text is still here. Try "
        "again, perhaps with fewer files.",
        "not-sent": "Your reply is kept, but it has not arrived yet. Press “Send it now” in a while.",
        "too-many-answers": "No more replies can be sent to this message. Contact the sender.",
        "closed": "This message cannot be answered here. Contact the sender in another way.",
        "gone": "Your reply was not sent. Too much time has passed, or the message was deleted. Copy your text, open "
        "the link in the mail again and ask for a new code.",
        "mailbox": "The sender's mailbox does not take the reply. Contact the sender in another way.",
        "bad-form": "The reply was not sent, because something went wrong. Try again.",
        "foreign-form": "The page was open for too long. Your text is still here: send it again.",
        "cut": "The reply did not arrive whole. Try again.",
    },
    revoke_title="Take the message back?",
    revoke_lead="Then nobody can read it here any more. This cannot be undone. Whoever has read the message may have "
    "kept it. Those recipients who needed no code still have it.",
    revoke_sure="Yes, delete the message for everyone who needs a code",
    revoke_unsure="Tick the box if the message is to be taken back, and press again.",
    revoke_button="Take the message back",
    revoked_title="The message is taken back",
    revoked_text="It is deleted, and nobody can read it here any more.",
    not_revoked_title="Nothing was taken back",
    not_revoked_text="The link does not fit a message that can be taken back. It may already have been "
    "taken back or deleted. Open the link in the receipt again, or ask whoever looks after your mail.",
    feedback_title="Was your mail sensitive?",
    feedback_lead="It was sent securely because the system took it to be about somebody's private matters. What you "
    "answer here changes nothing about the mail; it helps to put the rules right. Nobody is shown what it said.",
    feedback_wrong="This was not sensitive",
    feedback_right="It was right to send it securely",
    feedback_button="Send",
    feedback_wrong_title="Thank you, that is noted",
    feedback_wrong_text="The mail was not sensitive. If you pressed the wrong button, use the link in the receipt "
    "again.",
    feedback_right_title="Thank you, that is noted",
    feedback_right_text="It was right to send the mail securely. If you pressed the wrong button, use the link in "
    "the receipt again.",
    feedback_fixed_title="Your answer is fixed",
    feedback_fixed_text="The answer about this mail has been changed several times, and cannot be changed here any "
    "more. What stands is: “{stands}”. If it should be otherwise, write to {ask}.",
    feedback_unknown_title="Nothing is noted",
    feedback_unknown_text="The link is not whole. Use the one in the receipt, or copy all of it from there.",
    faults={
        "not-found": (
            "There is no such page",
            "Open the link in the mail again, or copy the whole link into the browser.",
        ),
        "not-allowed": ("That cannot be done", "Go back, and try again from the message's page."),
        "cookies": (
            "Your browser does not allow cookies",
            "This page uses cookies only to know your browser while you read. Allow cookies for this page, and open "
            "the link in the mail again. Or copy the link, and paste it into another browser, for example Safari or "
            "Chrome: the one inside a mail app does not always remember the page.",
        ),
        "other-site": (
            "Try again from the link in the mail",
            "The page was open for too long, or you came here from another page. Open the link in the mail "
            "again.",
        ),
        "too-large": ("That is too much", "Send less at a time: fewer or smaller files."),
        "too-slow": ("That took too long", "The connection is too slow just now. Try again."),
        "bad-request": ("Something went wrong", "Open the link in the mail again."),
        "busy": ("We cannot take this just now", "Wait a few minutes and try again."),
        "fault": (
            "Something went wrong on our side",
            "It is not your fault. Wait a few minutes and open the link again.",
        ),
    },
)
