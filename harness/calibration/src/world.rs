//! A world in which nobody lives: load goes to the counting target, and there is nothing to prove.

use std::path::PathBuf;

use engine::ports::{
    Answer, Entry, Facts, Flow, Healed, Held, Injected, Journaled, Place, PortError, Progress, Seen, Target, Watcher,
    World,
};
use history::{BindRecord, ScanRecord};
use scenario::{Fault, Person, Plan, Vault};
use uuid::Uuid;
use vocabulary::{NameTable, Password};

/// The world around a counting target.
pub(crate) struct CountingWorld {
    pub url: String,
}

fn at_once<'a, T: Send + 'a>(answer: T) -> Answer<'a, T> {
    Box::pin(async { Ok(answer) })
}

fn nothing_breaks<'a, T>() -> Answer<'a, T> {
    Box::pin(async { Err("nothing stands there that could break".into()) })
}

impl World for CountingWorld {
    fn stand_up<'a>(&'a mut self, _: &'a Plan, _: PathBuf, _: &'a dyn Progress) -> Answer<'a, Facts> {
        at_once(Facts {
            in_process: true,
            ..Facts::default()
        })
    }

    fn populate<'a>(&'a mut self, people: &'a [Person], _: &'a Vault, _: &'a dyn Progress) -> Answer<'a, Vec<Uuid>> {
        at_once(
            people
                .iter()
                .map(|person| Uuid::from_u128(u128::from(person.index) + 1))
                .collect(),
        )
    }

    fn synchronise<'a>(&'a mut self, _: u64) -> Answer<'a, ()> {
        at_once(())
    }

    fn single_out<'a>(&'a mut self, _: &'a [Person]) -> Answer<'a, ()> {
        at_once(())
    }

    fn lock<'a>(
        &'a mut self,
        _: &'a [&'a Person],
        _: &'a Vault,
        _: &'a dyn Progress,
    ) -> Answer<'a, Vec<(u64, String, BindRecord)>> {
        at_once(Vec::new())
    }

    fn target(&self) -> Result<Target, PortError> {
        Ok(Target {
            flow: Flow::Count,
            portal_url: self.url.clone(),
            graph_url: String::new(),
            token_url: String::new(),
            helpdesk_upn: String::new(),
            helpdesk_password: Password::new(String::new()),
            names: NameTable::default(),
            ca_pem: String::new(),
            lab_token: Password::new(String::new()),
        })
    }

    fn metadata<'a>(&'a mut self) -> Answer<'a, Vec<Seen>> {
        at_once(Vec::new())
    }

    fn attributes<'a>(&'a mut self, _: &'a mut (dyn FnMut(Entry) + Send)) -> Answer<'a, ()> {
        at_once(())
    }

    fn watchers<'a>(&'a mut self) -> Answer<'a, Vec<Box<dyn Watcher>>> {
        at_once(Vec::new())
    }

    fn inject<'a>(&'a mut self, _: usize, _: &'a Fault) -> Answer<'a, Injected> {
        nothing_breaks()
    }

    fn again<'a>(&'a mut self, _: usize, _: &'a Fault) -> Answer<'a, ()> {
        nothing_breaks()
    }

    fn heal<'a>(&'a mut self, _: usize, _: &'a Fault) -> Answer<'a, Healed> {
        nothing_breaks()
    }

    fn oracle<'a>(&'a mut self, _: &'a [Person], _: &'a Vault, _: &'a [u32]) -> Answer<'a, Vec<Held>> {
        at_once(Vec::new())
    }

    fn bind<'a>(&'a mut self, _: &'a Person, _: &'a Vault, label: u32) -> Answer<'a, (String, BindRecord)> {
        let record = BindRecord {
            label,
            accepted: true,
            data: None,
        };
        at_once(("nobody".to_owned(), record))
    }

    fn journals<'a>(&'a mut self) -> Answer<'a, Vec<Journaled>> {
        at_once(Vec::new())
    }

    fn scan<'a>(&'a mut self, _: &'a [Password], _: Vec<Place>) -> Answer<'a, ScanRecord> {
        at_once(ScanRecord {
            places: 0,
            secrets: 0,
            encodings: 0,
            hits: Vec::new(),
            canary: false,
            wire: None,
        })
    }

    fn secrets(&self) -> Vec<Password> {
        Vec::new()
    }

    fn tear_down<'a>(&'a mut self) -> Answer<'a, ()> {
        at_once(())
    }
}
