//! Which address a part gets: planned ahead, so that a certificate can name it before its part exists.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// An IPv4 network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subnet {
    first: u32,
    bits: u32,
}

/// The fewest addresses that a network of the lab can do with: a /24.
const LEAST_HOST_BITS: u32 = 8;
/// Planned addresses start here, past the bridge's own.
const FIRST_PLANNED: u32 = 16;

impl Subnet {
    /// Reads `172.18.0.0/16`; `None` if it is not a network of at least 256 addresses.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let bits = 32_u32.checked_sub(length.parse().ok()?)?;
        let first = u32::from(address.parse::<Ipv4Addr>().ok()?);
        ((LEAST_HOST_BITS..=24).contains(&bits) && first.trailing_zeros() >= bits).then_some(Self { first, bits })
    }

    /// The upper half, from which the engine gives addresses of its own choice.
    pub(super) fn upper_half(self) -> String {
        let half = self.bits - 1;
        format!("{}/{}", Ipv4Addr::from(self.first + (1 << half)), 32 - half)
    }

    fn planned(self, index: u32) -> Option<Ipv4Addr> {
        let offset = FIRST_PLANNED.checked_add(index)?;
        (offset < 1 << (self.bits - 1)).then(|| Ipv4Addr::from(self.first + offset))
    }
}

/// The planned addresses of one network. A part keeps its address for the life of the world.
#[derive(Debug)]
pub(super) struct AddressPlan {
    subnet: Subnet,
    given: BTreeMap<String, Ipv4Addr>,
}

impl AddressPlan {
    /// An empty plan.
    pub(super) fn new(subnet: Subnet) -> Self {
        Self {
            subnet,
            given: BTreeMap::new(),
        }
    }

    /// The address of a part; `None` when the lower half of the network is used up.
    pub(super) fn address(&mut self, part: &str) -> Option<Ipv4Addr> {
        if let Some(address) = self.given.get(part) {
            return Some(*address);
        }
        let address = self.subnet.planned(u32::try_from(self.given.len()).ok()?)?;
        self.given.insert(part.to_owned(), address);
        Some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_read_and_halved() {
        let subnet = Subnet::parse("172.18.0.0/16").unwrap();
        assert_eq!(subnet.upper_half(), "172.18.128.0/17");
        assert_eq!(
            Subnet::parse("192.168.16.0/20").unwrap().upper_half(),
            "192.168.24.0/21"
        );
    }

    #[test]
    fn what_is_no_network_or_too_small_is_refused() {
        for text in [
            "",
            "172.18.0.0",
            "172.18.0.1/16",
            "172.18.0.0/25",
            "172.18.0.0/40",
            "fd00::/64",
        ] {
            assert_eq!(Subnet::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_part_keeps_an_address_of_its_own_in_the_lower_half() {
        let mut plan = AddressPlan::new(Subnet::parse("10.1.2.0/24").unwrap());
        let first = plan.address("dc1").unwrap();
        assert_eq!(first, Ipv4Addr::new(10, 1, 2, 16));
        assert_eq!(plan.address("gateway"), Some(Ipv4Addr::new(10, 1, 2, 17)));
        assert_eq!(plan.address("dc1"), Some(first));
    }

    #[test]
    fn a_full_plan_says_so() {
        let mut plan = AddressPlan::new(Subnet::parse("10.1.2.0/24").unwrap());
        let given = (0..200).map_while(|n| plan.address(&format!("p{n}"))).count();
        assert_eq!(given, 112);
    }
}
