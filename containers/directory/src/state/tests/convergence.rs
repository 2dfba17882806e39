//! Random writes on several controllers, delivered in random order: in the end all hold the same.

use ldap3_proto::proto::LdapModifyDNRequest;
use vocabulary::Seed;

use super::replicas::{POOL, Replicas, pooled};
use super::*;

struct Dice {
    seed: Seed,
    thrown: u64,
}

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.thrown += 1;
        let bytes = *self.seed.nth("throw", self.thrown).bytes();
        let number = u64::from_le_bytes(*bytes.first_chunk::<8>().unwrap());
        usize::try_from(number % u64::try_from(sides).unwrap()).unwrap()
    }

    fn choose<'a>(&mut self, names: &'a [String]) -> &'a str {
        &names[self.throw(names.len())]
    }
}

const NAMES: [&str; 5] = ["Ada", "Ben", "Cy", "Dot", "Eve"];
const UNITS: [&str; 3] = ["People", "Services", "Third"];

/// One random write on one controller; the directory may refuse it.
fn act(lab: &mut Lab, dice: &mut Dice) {
    let people = lab.find("(&(objectClass=user)(!(objectClass=computer))(!(adminCount=1)))");
    let groups = lab.find("(objectClass=group)");
    let units = lab.find("(|(objectClass=organizationalUnit)(objectClass=domain)(cn=LostAndFound))");
    let (admin, now) = (lab.admin, lab.now);
    let name = NAMES[dice.throw(NAMES.len())];
    let below = dice.choose(&units).to_owned();
    match dice.throw(12) {
        0 | 1 => {
            let pwd = attribute("unicodePwd", &[&wire(&random_password(dice))]);
            lab.add_person(&format!("CN={name},{below}"), &name.to_lowercase(), &[pwd]);
        }
        2 => drop(lab.domain.add(
            &admin,
            &format!("OU={},{below}", UNITS[dice.throw(3)]),
            vec![attribute("objectClass", &[b"organizationalUnit"])],
            now,
        )),
        3 => drop(lab.domain.add(
            &admin,
            &format!("CN=G{name},{below}"),
            vec![attribute("objectClass", &[b"group"])],
            now,
        )),
        4 if !people.is_empty() => drop(lab.domain.delete(&admin, dice.choose(&people), false)),
        5 => drop(lab.domain.delete(&admin, &below, dice.throw(4) == 0)),
        6 => {
            let all = [people, units.clone()].concat();
            let dn = dice.choose(&all).to_owned();
            rename(lab, &dn, name, &below);
        }
        7 if !groups.is_empty() => {
            let member = write(
                LdapModifyType::Replace,
                "member",
                &[dice.choose(&[people, groups.clone()].concat()).as_bytes()],
            );
            lab.modify(admin, dice.choose(&groups), vec![member]);
        }
        8 => {
            let value = (dice.throw(8)).to_string();
            let attr = ["minPwdLength", "lockoutThreshold", "pwdHistoryLength"][dice.throw(3)];
            lab.modify(admin, BASE, vec![replace(attr, &value)]);
        }
        _ if !people.is_empty() => touch(lab, dice.choose(&people), dice),
        _ => {}
    }
}

fn rename(lab: &mut Lab, dn: &str, name: &str, below: &str) {
    let kind = &dn[..2];
    let request = LdapModifyDNRequest {
        dn: dn.to_owned(),
        newrdn: format!("{kind}={name}"),
        deleteoldrdn: true,
        new_superior: Some(below.to_owned()),
    };
    drop(lab.domain.rename(&lab.admin, &request, lab.now));
}

fn random_password(dice: &mut Dice) -> String {
    pooled(u32::try_from(dice.throw(POOL as usize)).unwrap())
}

fn touch(lab: &mut Lab, dn: &str, dice: &mut Dice) {
    let admin = lab.admin;
    let clear = random_password(dice);
    match dice.throw(7) {
        0 | 1 => drop(lab.modify(admin, dn, vec![reset(&clear)])),
        2 => (0..4).for_each(|_| drop(lab.bind(dn, "wrong"))),
        3 => drop(lab.modify(admin, dn, vec![reset(&clear), replace("lockoutTime", "0")])),
        4 => drop(lab.bind(dn, &clear)),
        5 => {
            let text = dice.throw(100).to_string();
            drop(lab.modify(admin, dn, vec![replace("title", &text), replace("pwdLastSet", "0")]));
        }
        _ => {
            let sam = NAMES[dice.throw(NAMES.len())].to_lowercase();
            let upn = format!("{sam}@corp.test");
            drop(lab.modify(
                admin,
                dn,
                vec![replace("sAMAccountName", &sam), replace("userPrincipalName", &upn)],
            ));
        }
    }
}

fn run(seed: u64, controllers: usize, steps: usize) {
    let mut dice = Dice {
        seed: Seed::new(seed).child("convergence"),
        thrown: 0,
    };
    let mut all = Replicas::new(controllers);
    for _ in 0..steps {
        let at = dice.throw(controllers);
        match dice.throw(5) {
            0 => all.wait(dice.throw(2) as u64),
            1 | 2 => {
                let (to, most) = (dice.throw(controllers), 1 + dice.throw(4));
                all.deliver(at, to, most);
            }
            _ => act(&mut all.0[at], &mut dice),
        }
    }
    all.settle();
    all.assert_equal();
    assert!(all.0.iter().all(|lab| lab.domain.pending() == 0));
}

#[test]
fn two_controllers_end_alike() {
    (0..25).for_each(|seed| run(seed, 2, 150));
}

#[test]
fn three_controllers_end_alike() {
    (1000..1025).for_each(|seed| run(seed, 3, 200));
}
