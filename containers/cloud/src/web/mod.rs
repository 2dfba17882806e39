//! The surfaces: one listener, several host names, each its own small site.

mod api;
mod graph;
mod helpdesk;
mod lab;
mod login;
mod pages;
mod portal;
mod request;
mod service;

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use http::header::HOST;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use crate::app::{App, SURFACES};

/// What every handler is given.
pub(crate) type Shared = axum::extract::State<Arc<App>>;

/// All sites, chosen by the `Host` header.
pub(crate) struct Surfaces {
    lab: String,
    sites: [(&'static str, TowerToHyperService<Router>); SURFACES.len()],
}

impl Surfaces {
    pub(crate) fn new(app: &Arc<App>) -> Self {
        let sites = SURFACES.map(|surface| {
            let router = match surface {
                "portal" => portal::router(app),
                "graph" => graph::router(),
                "login" => login::router(),
                "sync" => service::sync_router(),
                _ => service::reset_router(),
            };
            (surface, TowerToHyperService::new(router.with_state(Arc::clone(app))))
        });
        Self {
            lab: app.lab.clone(),
            sites,
        }
    }

    /// Answers a request; one for a host that is not ours is misdirected (RFC 9110 section 15.5.20).
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Result<Response, Infallible> {
        if request.uri().path() == "/healthz" {
            return Ok("ok\n".into_response());
        }
        match self.site(&request) {
            Some(site) => site.call(request).await,
            None => Ok(StatusCode::MISDIRECTED_REQUEST.into_response()),
        }
    }

    fn site(&self, request: &Request<Incoming>) -> Option<&TowerToHyperService<Router>> {
        let header = request.headers().get(HOST).and_then(|value| value.to_str().ok());
        let host = request.uri().host().or(header)?;
        let name = host_name(host);
        let named = || {
            name.strip_suffix(".test")?
                .strip_suffix(self.lab.as_str())?
                .strip_suffix('.')
        };
        let surface = if is_loopback(&name) {
            surface_of_path(request.uri().path())
        } else {
            named()?
        };
        self.sites
            .iter()
            .find(|(known, _)| *known == surface)
            .map(|(_, site)| site)
    }
}

/// Whether a client reached us by the loopback's name or address: one that resolves no lab names.
fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// The surface that a path belongs to, for clients that cannot name it by the host; the paths of the surfaces differ.
fn surface_of_path(path: &str) -> &'static str {
    if path.starts_with("/v1.0/") {
        "graph"
    } else if path.ends_with("/oauth2/v2.0/token") {
        "login"
    } else if path.starts_with("/v1/tenants/") && path.ends_with("/objects") {
        "sync"
    } else if path.starts_with("/v1/tenants/") {
        "passwordreset"
    } else {
        "portal"
    }
}

/// A host without its port and final dot, in lower case.
fn host_name(host: &str) -> String {
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_is_told_apart_by_path() {
        assert!(is_loopback("localhost") && is_loopback("127.0.0.1") && !is_loopback("10.0.0.1"));
        let tenant = "/00000000-0000-8000-8000-000000000001/oauth2/v2.0/token";
        let paths = [
            "/v1.0/users",
            tenant,
            "/v1/tenants/x/objects",
            "/v1/tenants/x/heartbeat",
            "/passwordreset/verify",
        ];
        let surfaces = ["graph", "login", "sync", "passwordreset", "portal"];
        assert_eq!(paths.map(surface_of_path), surfaces);
    }

    #[test]
    fn hosts_lose_their_port_and_case() {
        assert_eq!(host_name("Portal.WBLAB.test.:8443"), "portal.wblab.test");
        assert_eq!(host_name("portal.wblab.test"), "portal.wblab.test");
    }
}
