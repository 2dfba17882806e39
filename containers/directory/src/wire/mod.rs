//! LDAP messages on the wire: framing, the checks that must come before the decoder, and controls.

pub mod ber;
pub mod controls;
pub mod frame;
pub mod values;
