"""What the words beside a number say of it: a walk to the left as far as it is spoken of, and a look to the right."""
