"""What Outlook writes: messages as files (MS-OXMSG) and ``winmail.dat`` (MS-OXTNEF)."""
