"""Picture files as their formats lay them out: texts are read and put in, pixels are never touched."""
