//! Connections to one domain controller: few, bound as the service account, handed out one operation at a time.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use vocabulary::{NameTable, Win32};

use super::credentials::{Credentials, Refusal};
use crate::AgentError;
use crate::config::DomainController;

/// LDAP result 49 (RFC 4511 appendix A).
const INVALID_CREDENTIALS: u32 = 49;

/// The part of the usual timeout that a search is given on a connection that lay idle.
const IDLE_SHARE: u32 = 3;

/// Operations after which a connection is closed: the library never forgets the number of a search that has ended, so one that lived
/// as long as the agent would grow with every search.
pub(super) const OPERATIONS_MAX: u32 = 10_000;

/// One domain controller with its pool.
pub(crate) struct Controller {
    fqdn: String,
    url: String,
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    credentials: Arc<Credentials>,
    /// Held for one bind: of many that begin at once, only the first may find out that the password is wrong.
    binding: AsyncMutex<()>,
    timeout: Duration,
    idle: Mutex<Vec<Open>>,
    places: Arc<Semaphore>,
}

/// A bound connection.
struct Open {
    ldap: Ldap,
    /// What was done on it. The library counts too, and leaves out searches.
    operations: u32,
}

/// A connection on loan. Give it back with [`Leased::keep`] when it is known to be sound; else it is closed.
pub(crate) struct Leased<'a> {
    open: Open,
    controller: &'a Controller,
    /// Whether it lay idle before: then it may be dead without a sign, forgotten by a firewall on the way.
    pub(crate) idle_before: bool,
    _place: OwnedSemaphorePermit,
}

/// How an operation on a connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It was surely not sent.
    BeforeSending,
    /// It may have been sent; nobody can tell.
    AfterSending,
    /// As before, and nothing came back in the time allowed.
    TimedOut,
}

impl Controller {
    /// A controller, dialled where the name table says. Nothing is opened yet.
    pub(crate) fn new(
        dc: &DomainController,
        names: &NameTable,
        tls: Arc<ClientConfig>,
        credentials: Arc<Credentials>,
        limits: (usize, Duration),
    ) -> Result<Self, AgentError> {
        let address = names
            .resolve(&dc.fqdn)
            .ok_or_else(|| AgentError::Name(dc.fqdn.clone()))?;
        Ok(Self {
            fqdn: dc.fqdn.clone(),
            url: format!("ldaps://{}:{}", dc.fqdn, dc.port),
            address,
            tls,
            credentials,
            binding: AsyncMutex::default(),
            timeout: limits.1,
            idle: Mutex::default(),
            places: Arc::new(Semaphore::new(limits.0.clamp(1, Semaphore::MAX_PERMITS))),
        })
    }

    /// Its name.
    pub(crate) fn fqdn(&self) -> &str {
        &self.fqdn
    }

    /// How long one operation may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A bound connection: an idle one, else a new one. At most as many are out as the pool has places.
    pub(crate) async fn lease(&self) -> Result<Leased<'_>, AgentError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| self.connect_error("the pool is closed"))?;
        let idle = self.idle_one();
        let idle_before = idle.is_some();
        let open = match idle {
            Some(open) => open,
            None => self.open().await?,
        };
        Ok(Leased {
            open,
            controller: self,
            idle_before,
            _place: place,
        })
    }

    /// The pool as it is; a connection whose driver has ended is dropped on the way.
    fn idle_one(&self) -> Option<Open> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find_map(|mut open| (!open.ldap.is_closed()).then_some(open))
    }

    /// Closes what is idle: the domain controller was silent, so these connections would be too.
    pub(crate) fn close_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn open(&self) -> Result<Open, AgentError> {
        // What was refused a moment ago need not be dialled for.
        self.credentials.to_try().map_err(|refusal| self.bind_error(refusal))?;
        let connecting = AssertUnwindSafe(self.connect()).catch_unwind();
        let connected = timeout(self.timeout, connecting).await;
        let mut ldap = connected
            .map_err(|_| self.connect_error("it took too long"))?
            .map_err(|_| self.connect_error("what the server sent made the LDAP library give up"))??;
        self.bind(&mut ldap).await?;
        Ok(Open { ldap, operations: 0 })
    }

    /// Dials the address and verifies the name: the URL's host is what the certificate is checked against.
    async fn connect(&self) -> Result<Ldap, AgentError> {
        let stream = TcpStream::connect(self.address)
            .await
            .map_err(|error| self.connect_error(&error))?;
        stream.set_nodelay(true).map_err(|error| self.connect_error(&error))?;
        // A connection that is given up takes what it has not got through with it: with a FIN in place of RST the kernel would go on
        // sending for minutes, and a modify could arrive long after its message is dead.
        stream.set_zero_linger().map_err(|error| self.connect_error(&error))?;
        let stream = stream.into_std().map_err(|error| self.connect_error(&error))?;
        let settings = LdapConnSettings::new()
            .set_config(Arc::clone(&self.tls))
            .set_conn_timeout(self.timeout)
            .set_std_stream(StdStream::Tcp(stream));
        let connected = LdapConnAsync::with_settings(settings, &self.url).await;
        let (connection, ldap) = connected.map_err(|error| self.connect_error(&error))?;
        tokio::spawn(drive(self.fqdn.clone(), connection));
        Ok(ldap)
    }

    async fn bind(&self, ldap: &mut Ldap) -> Result<(), AgentError> {
        let _turn = self.binding.lock().await;
        let Credentials { bind_dn, .. } = &*self.credentials;
        let password = self.credentials.to_try().map_err(|refusal| self.bind_error(refusal))?;
        ldap.with_timeout(self.timeout);
        let binding = AssertUnwindSafe(ldap.simple_bind(bind_dn, password.expose())).catch_unwind();
        let answer = binding
            .await
            .map_err(|_| self.connect_error("the answer to the bind was malformed"))?;
        let answer = answer.map_err(|error| self.connect_error(&error))?;
        if answer.rc == 0 {
            self.credentials.accepted();
            return Ok(());
        }
        let refusal = Refusal {
            win32: Win32::from_bind_diagnostic(&answer.text),
            text: format!("result {}, {}", answer.rc, answer.text),
        };
        if answer.rc == INVALID_CREDENTIALS {
            self.credentials.refused(refusal.clone());
        }
        Err(self.bind_error(refusal))
    }

    fn bind_error(&self, Refusal { win32, text }: Refusal) -> AgentError {
        AgentError::Bind {
            fqdn: self.fqdn.clone(),
            bind_dn: self.credentials.bind_dn.clone(),
            win32,
            text,
        }
    }

    fn connect_error(&self, why: &(impl ToString + ?Sized)) -> AgentError {
        AgentError::Connect {
            fqdn: self.fqdn.clone(),
            address: self.address,
            why: why.to_string(),
        }
    }
}

impl Leased<'_> {
    /// How long a search may take on it: less where the connection may be dead and a new one would answer.
    pub(crate) fn patience(&self) -> Duration {
        match self.idle_before {
            true => self.controller.timeout / IDLE_SHARE,
            false => self.controller.timeout,
        }
    }

    /// Runs one operation with a timeout of its own: the library forgets it after each. A panic on what the server
    /// sent counts as a lost connection.
    pub(crate) async fn run<T>(
        &mut self,
        limit: Duration,
        operation: impl AsyncFnOnce(&mut Ldap) -> Result<T, LdapError>,
    ) -> Result<T, Lost> {
        let Open { ldap, operations } = &mut self.open;
        *operations += 1;
        let running = AssertUnwindSafe(operation(ldap.with_timeout(limit))).catch_unwind();
        match running.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                tracing::warn!(fqdn = self.controller.fqdn, %error, "an LDAP operation failed");
                Err(lost(&error))
            }
            Err(_) => Err(Lost::AfterSending),
        }
    }

    /// Gives the connection back for the next operation, unless it has served for long enough.
    pub(crate) fn keep(self) {
        if self.open.operations >= OPERATIONS_MAX {
            return;
        }
        let mut idle = self.controller.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(self.open);
    }
}

/// `OpSend` is the only error of the library that proves that nothing left: the driver was gone before it took the
/// operation.
fn lost(error: &LdapError) -> Lost {
    match error {
        LdapError::OpSend { .. } => Lost::BeforeSending,
        LdapError::Timeout { .. } => Lost::TimedOut,
        _ => Lost::AfterSending,
    }
}

/// Drives a connection and watches the driver: hostile BER can make it panic, which ends this connection alone.
async fn drive(fqdn: String, connection: LdapConnAsync) {
    match AssertUnwindSafe(connection.drive()).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(fqdn, %error, "an LDAP connection ended"),
        Err(_) => tracing::error!(fqdn, "an LDAP connection ended on a malformed message"),
    }
}
