"""What Segl knows of Postfix's configuration: the fragments it writes, and how to read a running one."""
