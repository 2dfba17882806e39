//! OpenLDAP's tools on the embedded directory.

mod filters;
mod reads;
mod trust;
mod writes;
