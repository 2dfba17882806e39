//! The surfaces: one listener, several host names, each its own small site.

mod api;
mod graph;
mod lab;
mod login;
mod pages;
mod portal;
mod request;
mod service;

use std::convert::Infallible;
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
        let surface = name
            .strip_suffix(".test")?
            .strip_suffix(self.lab.as_str())?
            .strip_suffix('.')?;
        self.sites
            .iter()
            .find(|(known, _)| *known == surface)
            .map(|(_, site)| site)
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
    fn hosts_lose_their_port_and_case() {
        assert_eq!(host_name("Portal.WBLAB.test.:8443"), "portal.wblab.test");
        assert_eq!(host_name("portal.wblab.test"), "portal.wblab.test");
    }
}
