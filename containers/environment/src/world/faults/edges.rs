//! Faults of bytes between two parts: the gateway on that edge is told.

use engine::ports::{Healed, Injected, lease};
use gateway::{ByteFault, FaultOrder, FaultState, Ways};
use scenario::{Direction, EdgeName, Fault, FaultKind};

use super::{Made, failed};
use crate::EnvironmentError;
use crate::edges::proxy;
use crate::names::{AGENT_ROLES, CLOUD_ROLES, cloud_host, relay_host};
use crate::site::Address;
use crate::standing::Standing;
use crate::world::LabWorld;

/// What is needed to end a fault of this group.
#[derive(Clone)]
pub(crate) struct Undo {
    path: String,
}

impl LabWorld {
    pub(super) async fn make_edges(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        let asked = fault.edge.zip(bytes(&fault.what));
        let (edge, what) = asked.ok_or_else(|| failed(fault, "no edge is named"))?;
        let standing = self.standing()?;
        let order = FaultOrder {
            names: standing.met_on(edge)?,
            what,
            lease: lease(fault).unwrap_or_default(),
        };
        // Two faults of one kind on one edge are never there together.
        let path = format!("/lab/faults/{}.{edge}", fault.what.as_str());
        let gateway = standing.gateway_lab(standing.gateway_on(edge)?)?;
        gateway.put(&path, &order).await?;
        let injected = Injected {
            target: edge.to_string(),
            bit: None,
            touched: Vec::new(),
        };
        Ok(Made::lasting(injected, super::Undo::Edges(Undo { path })))
    }

    pub(super) async fn heal_edges(&mut self, fault: &Fault, undo: Undo) -> Result<Healed, EnvironmentError> {
        let edge = fault.edge.ok_or_else(|| failed(fault, "no edge is named"))?;
        let standing = self.standing()?;
        let gateway = standing.gateway_lab(standing.gateway_on(edge)?)?;
        let ended: Option<FaultState> = gateway.delete(&undo.path).await?;
        Ok(Healed {
            bit: ended.map(|state| state.connections > 0),
        })
    }
}

impl Standing {
    /// The gateway on an edge.
    fn gateway_on(&self, edge: EdgeName) -> Result<&Address, EnvironmentError> {
        match proxy(edge) {
            None => Ok(&self.gateway),
            Some(proxy) => self.proxies.get(&proxy).ok_or(EnvironmentError::NotStanding),
        }
    }

    /// The servers that are met on an edge, by their names.
    fn met_on(&self, edge: EdgeName) -> Result<Vec<String>, EnvironmentError> {
        let hosts = |roles: &[&str]| roles.iter().map(|role| cloud_host(role)).collect();
        Ok(match edge {
            EdgeName::AgentCloud => hosts(&AGENT_ROLES),
            EdgeName::PersonCloud => hosts(&CLOUD_ROLES),
            EdgeName::AgentRelay(Some(number)) | EdgeName::CloudRelay(Some(number)) => vec![relay_host(number)],
            EdgeName::AgentRelay(None) | EdgeName::CloudRelay(None) => {
                self.relays.iter().map(|(number, _)| relay_host(*number)).collect()
            }
            EdgeName::AgentDc(Some(dc)) => {
                let forest = usize::try_from(dc.forest).unwrap_or_default().saturating_sub(1);
                vec![self.controller(forest, dc.number)?.fqdn.clone()]
            }
            EdgeName::AgentDc(None) => {
                let controllers = self.domains.iter().flat_map(|domain| &domain.controllers);
                controllers.map(|controller| controller.fqdn.clone()).collect()
            }
        })
    }
}

/// A kind of fault as the gateway is told.
fn bytes(what: &FaultKind) -> Option<ByteFault> {
    Some(match what {
        FaultKind::Partition(partition) => ByteFault::Partition {
            direction: match partition.direction {
                Direction::Both => Ways::Both,
                Direction::ToServer => Ways::ToServer,
                Direction::ToClient => Ways::ToClient,
            },
        },
        FaultKind::HalfOpen => ByteFault::HalfOpen,
        FaultKind::IdleDrop(idle) => ByteFault::IdleDrop { after: idle.after },
        FaultKind::Delay(delay) => ByteFault::Delay {
            by: delay.by,
            jitter: delay.jitter,
        },
        FaultKind::Loss(of) => ByteFault::Loss { ratio: of.ratio },
        FaultKind::Reset(of) => ByteFault::Reset { ratio: of.ratio },
        FaultKind::SlowLink(link) => ByteFault::SlowLink {
            bytes_per_s: link.bytes_per_second,
        },
        FaultKind::Corrupt(of) => ByteFault::Corrupt { ratio: of.ratio },
        FaultKind::Truncate => ByteFault::Truncate,
        FaultKind::Slice(slice) => ByteFault::Slice { bytes: slice.bytes },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use scenario::FaultGroup;

    use super::*;

    #[test]
    fn every_kind_that_breaks_an_edge_is_known_to_the_gateway() {
        let kinds = [
            r#"{"partition":{}}"#,
            r#""half_open""#,
            r#"{"idle_drop":{"after":"4min"}}"#,
            r#"{"delay":{"by":"200ms","jitter":"50ms"}}"#,
            r#"{"loss":{"ratio":"1/10"}}"#,
            r#"{"reset":{"ratio":"1/10"}}"#,
            r#"{"slow_link":{"bytes_per_second":1000}}"#,
            r#"{"corrupt":{"ratio":"1/10"}}"#,
            r#""truncate""#,
            r#"{"slice":{"bytes":7}}"#,
        ];
        for text in kinds {
            let kind: FaultKind = serde_json::from_str(text).unwrap();
            assert_eq!(kind.group(), FaultGroup::Edge);
            let told = serde_json::to_string(&bytes(&kind)).unwrap();
            assert!(told.contains(kind.as_str()), "{text} is told as {told}");
        }
    }
}
