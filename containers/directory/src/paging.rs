//! Searches on a connection, and the pages a client has not yet fetched.

use std::collections::VecDeque;

use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapOp, LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchScope};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::clock::spend;
use crate::connection::{Connection, Ended};
use crate::state::answer::{result, success};
use crate::state::{Cursor, MAX_PAGE, Progress, Refusal};
use crate::wire::controls::{Controls, Page};

/// Most searches that a connection may leave half read; the oldest is given up first.
const MAX_OPEN: usize = 8;

/// Searches that wait for the client to ask for the next page.
#[derive(Default)]
pub(crate) struct Pages {
    open: VecDeque<(u64, Cursor)>,
    last: u64,
}

impl Pages {
    fn keep(&mut self, cursor: Cursor) -> Vec<u8> {
        self.last += 1;
        self.open.push_back((self.last, cursor));
        if self.open.len() > MAX_OPEN {
            self.open.pop_front();
        }
        self.last.to_be_bytes().to_vec()
    }

    fn take(&mut self, cookie: &[u8]) -> Option<Cursor> {
        let number = u64::from_be_bytes(cookie.try_into().ok()?);
        let at = self.open.iter().position(|(open, _)| *open == number)?;
        self.open.remove(at).map(|(_, cursor)| cursor)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) async fn search(
        &mut self,
        id: i32,
        request: &LdapSearchRequest,
        controls: Controls,
    ) -> Result<(), Ended> {
        spend(self.host.slowed(self.host.service.search)).await;
        if request.base.is_empty() {
            return self.search_root(id, request);
        }
        if let Some(found) = self.host.read(|domain| domain.server_object(&self.session, request)) {
            if let Some(entry) = found {
                self.put(id, LdapOp::SearchResultEntry(entry), Vec::new())?;
            }
            return self.done(id, success(), controls.page.map(|_| Vec::new()));
        }
        let Some(page) = controls.page else {
            return match self.begin(request) {
                Ok(cursor) => self.plain_search(id, cursor).await,
                Err(refusal) => self.done(id, refusal.into(), None),
            };
        };
        match self.page_cursor(request, &page) {
            Ok(Some(cursor)) => self.paged_search(id, cursor, page.size).await,
            Ok(None) => self.done(id, success(), Some(Vec::new())),
            Err(refusal) => self.done(id, refusal.into(), None),
        }
    }

    fn search_root(&mut self, id: i32, request: &LdapSearchRequest) -> Result<(), Ended> {
        if request.scope != LdapSearchScope::Base {
            return self.done(id, Refusal::no_object(String::new()).into(), None);
        }
        let now = self.host.now();
        let entry = self.host.read(|domain| domain.root_dse(request, now));
        self.put(id, LdapOp::SearchResultEntry(entry), Vec::new())?;
        self.done(id, success(), None)
    }

    fn begin(&self, request: &LdapSearchRequest) -> Result<Cursor, Refusal> {
        self.host.read(|domain| domain.begin_search(&self.session, request))
    }

    /// The search that a page continues, or a new one; none when the client gives it up.
    fn page_cursor(&mut self, request: &LdapSearchRequest, page: &Page) -> Result<Option<Cursor>, Refusal> {
        if page.cookie.is_empty() {
            return self.begin(request).map(Some);
        }
        let cursor = self.pages.take(&page.cookie).ok_or_else(|| Refusal::unwilling(0x57))?;
        Ok(Some(cursor).filter(|_| page.size > 0))
    }

    async fn plain_search(&mut self, id: i32, mut cursor: Cursor) -> Result<(), Ended> {
        match self.send_page(id, &mut cursor, MAX_PAGE).await? {
            Progress::Full | Progress::Limit => self.done(id, too_many(), None),
            Progress::Continue | Progress::Done => self.done(id, success(), None),
        }
    }

    async fn paged_search(&mut self, id: i32, mut cursor: Cursor, size: usize) -> Result<(), Ended> {
        let room = if size == 0 { MAX_PAGE } else { size.min(MAX_PAGE) };
        match self.send_page(id, &mut cursor, room).await? {
            Progress::Full => {
                let cookie = self.pages.keep(cursor);
                self.done(id, success(), Some(cookie))
            }
            Progress::Limit => self.done(id, too_many(), Some(Vec::new())),
            Progress::Continue | Progress::Done => self.done(id, success(), Some(Vec::new())),
        }
    }

    /// Sends entries until the page is full or the search is over, in steps that let others in between.
    async fn send_page(&mut self, id: i32, cursor: &mut Cursor, room: usize) -> Result<Progress, Ended> {
        let mut left = room;
        loop {
            let now = self.host.now();
            let (entries, progress) = self.host.read(|domain| domain.step(cursor, left, now));
            left -= entries.len();
            for entry in entries {
                self.put(id, LdapOp::SearchResultEntry(entry), Vec::new())?;
            }
            if progress != Progress::Continue {
                return Ok(progress);
            }
            self.flush().await?;
            tokio::task::yield_now().await;
        }
    }

    fn done(&mut self, id: i32, res: LdapResult, cookie: Option<Vec<u8>>) -> Result<(), Ended> {
        let page = |cookie| LdapControl::SimplePagedResults { size: 0, cookie };
        let controls = cookie.map(page).into_iter().collect();
        self.put(id, LdapOp::SearchResultDone(res), controls)
    }
}

fn too_many() -> LdapResult {
    let text = String::new();
    result(Err(Refusal::new(LdapResultCode::SizeLimitExceeded, text)))
}
