//! Identities in their wire forms: GUIDs and security identifiers (MS-DTYP 2.3.4 and 2.4.2).

use uuid::Uuid;

use super::Identity;
use super::dn::unhex;

/// The authority and first number of a domain's SID: `S-1-5-21`.
const NT_AUTHORITY: [u8; 6] = [0, 0, 0, 0, 0, 5];
const DOMAIN_NUMBER: u32 = 21;
/// The first number of the built-in groups' SIDs: `S-1-5-32`.
const BUILTIN_NUMBER: u32 = 32;

impl Identity {
    /// The SID of the domain, or of the account with that RID.
    pub fn sid_bytes(&self, rid: Option<u32>) -> Vec<u8> {
        let numbers: Vec<u32> = std::iter::once(DOMAIN_NUMBER).chain(self.sid).chain(rid).collect();
        sid_of(&NT_AUTHORITY, &numbers)
    }
}

/// The SID of the groups that every Windows has, or of the one with that RID.
#[must_use]
pub fn builtin_sid(rid: Option<u32>) -> Vec<u8> {
    let numbers: Vec<u32> = std::iter::once(BUILTIN_NUMBER).chain(rid).collect();
    sid_of(&NT_AUTHORITY, &numbers)
}

fn sid_of(authority: &[u8; 6], numbers: &[u32]) -> Vec<u8> {
    let mut sid = vec![1, u8::try_from(numbers.len()).unwrap_or(u8::MAX)];
    sid.extend_from_slice(authority);
    sid.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    sid
}

/// The RID of a SID that is one of the domain's.
#[must_use]
pub fn rid_below(domain: &[u8], sid: &[u8]) -> Option<u32> {
    let (own, rid) = sid.split_last_chunk::<4>()?;
    let same = own.len() == domain.len() && own.get(2..) == domain.get(2..);
    same.then(|| u32::from_le_bytes(*rid))
}

/// A SID from `S-1-5-21-…` or from hexadecimal.
#[must_use]
pub fn read_sid(text: &str) -> Option<Vec<u8>> {
    let Some(numbers) = text.strip_prefix("S-1-").or_else(|| text.strip_prefix("s-1-")) else {
        return unhex(text);
    };
    let (authority, rest) = numbers.split_once('-')?;
    let authority: u64 = authority.parse().ok()?;
    let [0, 0, authority @ ..] = authority.to_be_bytes() else {
        return None;
    };
    let numbers: Result<Vec<u32>, _> = rest.split('-').map(str::parse).collect();
    numbers
        .ok()
        .filter(|numbers| numbers.len() <= 15)
        .map(|numbers| sid_of(&authority, &numbers))
}

/// A GUID from its text form, or from the hexadecimal of its bytes as the directory stores them.
#[must_use]
pub fn read_guid(text: &str) -> Option<Uuid> {
    if text.contains('-') {
        return Uuid::try_parse(text).ok();
    }
    Uuid::from_slice_le(&unhex(text)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_read_in_both_forms() {
        let guid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
        assert_eq!(read_guid("00112233-4455-6677-8899-aabbccddeeff"), Some(guid));
        assert_eq!(read_guid("33221100554477668899AABBCCDDEEFF"), Some(guid));
        assert_eq!(read_guid("3322"), None);
    }

    #[test]
    fn sids_are_read_in_both_forms() {
        let sid = read_sid("S-1-5-21-1-2-3-500").unwrap();
        assert_eq!(sid[..8], [1, 5, 0, 0, 0, 0, 0, 5]);
        assert_eq!(sid[24..], [0xF4, 1, 0, 0]);
        let domain = read_sid("S-1-5-21-1-2-3").unwrap();
        assert_eq!(rid_below(&domain, &sid), Some(500));
        assert_eq!(rid_below(&read_sid("S-1-5-21-1-2-4").unwrap(), &sid), None);
        for wrong in ["S-1-", "S-1-5", "S-1-5-x", "S-1-999999999999999-1", "xyz"] {
            assert_eq!(read_sid(wrong), None, "{wrong}");
        }
    }
}
