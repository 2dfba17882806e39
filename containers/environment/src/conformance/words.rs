//! The words of a probe: what `{person}` and its sisters stand for, put in before asking and taken out of what is answered.

use std::collections::BTreeMap;

use vocabulary::Password;

use crate::EnvironmentError;
use crate::secrets::RunKey;

/// Words by name. Passwords are among them and are never shown.
#[derive(Debug, Default)]
pub(super) struct Words {
    words: BTreeMap<String, String>,
    passwords: BTreeMap<&'static str, Password>,
}

impl Words {
    /// Sets a word.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.words.insert(name.to_owned(), value.into());
    }

    /// The value of a word that was set.
    pub fn get(&self, name: &str) -> &str {
        self.words.get(name).map_or("", String::as_str)
    }

    /// Draws the passwords of a probe for the account of this name. `short` is too short, `plain` has one class of characters,
    /// `named` holds the account's name, `angela` a part of the display name that one probe gives.
    pub fn draw(&mut self, key: &RunKey, account: &str) -> Result<(), EnvironmentError> {
        let token = key.token()?;
        let digits = token.expose();
        let good = |at: usize| Password::new(format!("{}-Wb", digits.get(at..at + 12).unwrap_or(digits)));
        let passwords = [
            ("first", good(0)),
            ("second", good(12)),
            ("third", good(24)),
            ("fourth", good(36)),
            ("wrong", good(48)),
            ("short", Password::new("aB3-x".to_owned())),
            ("plain", Password::new(letters(digits))),
            ("named", Password::new(format!("1-X{account}x-A"))),
            ("angela", Password::new("1-Xangelax-A".to_owned())),
            ("shouted", Password::new(good(0).expose().to_uppercase())),
            ("empty", Password::new(String::new())),
        ];
        self.passwords.extend(passwords);
        Ok(())
    }

    /// The password that a word such as `{first}` stands for.
    pub fn password(&self, text: &str) -> Password {
        let name = text.trim_start_matches('{').trim_end_matches('}');
        self.passwords
            .get(name)
            .cloned()
            .unwrap_or_else(|| Password::new(text.to_owned()))
    }

    /// Text with its words put in.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            match after
                .split_once('}')
                .and_then(|(name, end)| Some((self.words.get(name)?, end)))
            {
                Some((value, end)) => {
                    filled.push_str(value);
                    rest = end;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    /// An attribute's value as it goes on the wire: `hex:` begins bytes, `bare:` a password in UTF-16 without its quotes and `utf8:`
    /// one in the wrong encoding; a word for a password in `unicodePwd` is encoded as that attribute wants it.
    pub fn value(&self, attribute: &str, text: &str) -> Vec<u8> {
        if let Some(digits) = text.strip_prefix("hex:") {
            return bytes(digits);
        }
        if let Some(word) = text.strip_prefix("bare:") {
            let password = self.password(word);
            return password.expose().encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        if let Some(word) = text.strip_prefix("utf8:") {
            return format!("\"{}\"", self.password(word).expose()).into_bytes();
        }
        if attribute == "unicodePwd" {
            return self.password(text).unicode_pwd().to_vec();
        }
        self.fill(text).into_bytes()
    }

    /// Text with the values of words replaced by their names, the longest first, so that it is the same in every run.
    pub fn normal(&self, text: &str) -> String {
        let mut words: Vec<(&String, &String)> = self.words.iter().filter(|(_, value)| value.len() > 2).collect();
        words.sort_by_key(|(name, value)| (std::cmp::Reverse(value.len()), *name));
        let mut normal = text.to_owned();
        for (name, value) in words {
            normal = normal.replace(value.as_str(), &format!("{{{name}}}"));
        }
        normal
    }
}

/// Twelve letters of one class.
fn letters(digits: &str) -> String {
    let letter = |digit: u8| char::from(b'a' + digit % 26);
    digits.bytes().take(12).map(letter).collect()
}

fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let mut words = Words::default();
        words.set("unit", "OU=p1,DC=corp,DC=test");
        words.set("base", "DC=corp,DC=test");
        words
    }

    #[test]
    fn words_are_put_in_and_taken_out() {
        let words = words();
        assert_eq!(words.fill("CN=a,{unit}"), "CN=a,OU=p1,DC=corp,DC=test");
        assert_eq!(words.fill("{nobody} {"), "{nobody} {");
        assert_eq!(words.normal("CN=a,OU=p1,DC=corp,DC=test"), "CN=a,{unit}");
        assert_eq!(words.normal("CN=Users,DC=corp,DC=test"), "CN=Users,{base}");
    }

    #[test]
    fn values_are_encoded_as_their_prefix_says() {
        let mut words = words();
        words.draw(&RunKey::new(), "ann").unwrap();
        let first = words.password("{first}");
        assert_eq!(words.value("unicodePwd", "{first}"), *first.unicode_pwd());
        let bare = words.value("unicodePwd", "bare:{first}");
        assert_eq!(bare.len() + 4, first.unicode_pwd().len());
        assert!(words.value("unicodePwd", "utf8:{first}").starts_with(b"\""));
        assert_eq!(words.value("logonHours", "hex:00ff"), [0, 255]);
        assert_eq!(words.value("cn", "x {base}"), b"x DC=corp,DC=test");
    }

    #[test]
    fn passwords_are_never_taken_for_words() {
        let mut words = words();
        words.draw(&RunKey::new(), "ann").unwrap();
        assert_eq!(words.fill("{first}"), "{first}");
        assert!(!format!("{words:?}").contains(words.password("{first}").expose()));
    }
}
