//! The `validate-jwt` command for operators.
fn main() {}
