//! Everything secret that is not a person's password comes from a random run key, and is forgotten with the run.

use rustls::crypto::SecureRandom;
use vocabulary::Password;

use crate::EnvironmentError;

const TOKEN_BYTES: usize = 32;

/// Fresh secrets.
#[derive(Debug)]
pub(crate) struct RunKey {
    random: &'static dyn SecureRandom,
}

impl RunKey {
    pub fn new() -> Self {
        Self {
            random: rustls::crypto::aws_lc_rs::default_provider().secure_random,
        }
    }

    /// A token of 256 bits in hexadecimal.
    pub fn token(&self) -> Result<Password, EnvironmentError> {
        let mut bytes = zeroize::Zeroizing::new([0_u8; TOKEN_BYTES]);
        self.random
            .fill(bytes.as_mut_slice())
            .map_err(|_| EnvironmentError::Random)?;
        Ok(Password::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// A password that every policy of a domain takes: 24 random characters of hexadecimal and the missing classes.
    pub fn password(&self) -> Result<Password, EnvironmentError> {
        let token = self.token()?;
        Ok(Password::new(format!("{}-Wb", &token.expose()[..24])))
    }

    /// An identifier that nobody can guess.
    pub fn uuid(&self) -> Result<uuid::Uuid, EnvironmentError> {
        let mut bytes = [0_u8; 16];
        self.random.fill(&mut bytes).map_err(|_| EnvironmentError::Random)?;
        Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}
