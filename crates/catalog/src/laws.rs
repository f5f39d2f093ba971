//! What must hold for all rows, whoever adds one.
