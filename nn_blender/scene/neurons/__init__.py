"""Single neurons: facts, order, picking, selection, influence, connections."""
