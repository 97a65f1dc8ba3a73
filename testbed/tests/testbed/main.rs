//! The test bed tested: are its tokens, keys and faults what they claim to be, as judged by Envoy itself?

mod demo;
mod envoy;
mod faults;
mod identity_provider;
mod load;
mod no_envoy;
mod python;
mod tokens;
