//! Azure API Management's `validate-jwt` policy as a proxy-wasm filter.
