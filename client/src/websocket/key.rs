//! What a client signs with.

use core::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use ringside_protocol::Timestamp;
use serde_json::{Map, Value};

/// A private key. Its debug text keeps it to itself.
#[derive(Clone)]
pub struct Key(SigningKey);

impl Key {
    /// The key of these 32 secret bytes.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The key of a PKCS#8 file in PEM, as `ringside keygen` and openssl write it; `None` where the
    /// text holds no Ed25519 private key.
    pub fn from_pem(text: &str) -> Option<Self> {
        SigningKey::from_pkcs8_pem(text).ok().map(Self)
    }

    /// What names it to the venue: its public half, in hexadecimal.
    pub fn api_key(&self) -> String {
        HEXLOWER.encode(self.0.verifying_key().as_bytes())
    }

    /// Parameters with `apiKey`, `timestamp` and the `signature` over them all.
    pub fn signed(&self, params: Map<String, Value>, now: Timestamp) -> Map<String, Value> {
        let mut params = params;
        params.insert("apiKey".into(), self.api_key().into());
        params.insert("timestamp".into(), (now.0 / 1_000_000).into());
        let signature = self.0.sign(payload(&params).as_bytes());
        params.insert("signature".into(), BASE64.encode(&signature.to_bytes()).into());
        params
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.api_key())
    }
}

/// What is signed: `name=value` of every parameter, by name, texts without their quotes.
pub(super) fn payload(params: &Map<String, Value>) -> String {
    let mut pairs: Vec<(&str, String)> = params
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.as_str(), written(value)))
        .collect();
    pairs.sort_unstable();
    let written: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    written.join("&")
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// GWY-006: every parameter, by name, texts without quotes, nothing that is null.
    #[test]
    fn what_is_signed_is_every_parameter_by_name() {
        let params =
            json!({"stream": "al1", "apiKey": "3f", "recvWindow": 5000, "on": true, "x": null});
        let text = payload(params.as_object().unwrap());
        assert_eq!(text, "apiKey=3f&on=true&recvWindow=5000&stream=al1");
    }
}
