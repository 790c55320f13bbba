"""Word, Excel and PowerPoint before 2007: binary records in a compound file (MS-DOC, MS-XLS, MS-PPT)."""
