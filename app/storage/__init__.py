"""Where pictures and other objects are kept, behind one port."""
