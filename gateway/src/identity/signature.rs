//! Whether a signature is that of a key over these bytes. Ed25519 is checked strictly, HMAC in constant
//! time; who the key is and whether the request is fresh is asked elsewhere.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Digest, Key, Secret, Secrets};

/// That a key signed something, as 32 bytes that are the same however the signature was written. What
/// [`Replays`](super::Replays) remembers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Proof(pub Digest);

/// Why a signature proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureError {
    /// Not the base64 of 64 bytes.
    NotEd25519,
    /// Not 64 hexadecimal digits.
    NotHmac,
    /// It looks like HMAC, and the venue has no secret of this fingerprint.
    NoSecret,
    /// What was granted is no point of the curve that a private key could have made.
    WeakKey,
    /// Another key, other bytes, or not made as the rules ask.
    Wrong,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotEd25519 => {
                "the signature is not one of Ed25519; send its 64 bytes as base64 with padding, \
                 percent-encoded in a URL"
            }
            Self::NotHmac => {
                "the signature is not one of HMAC-SHA-256; send its 32 bytes as hexadecimal digits"
            }
            Self::NoSecret => {
                "the venue has no secret of this API key; add it to the file of secrets, or sign \
                 with the Ed25519 key"
            }
            Self::WeakKey => "the API key is no Ed25519 public key; grant one of `ringside keygen`",
            Self::Wrong => {
                "the signature is not of this key over this request; sign the parameters as they \
                 are sent, each one, in their order"
            }
        })
    }
}

impl std::error::Error for SignatureError {}

/// Checks a signature: HMAC-SHA-256 in hexadecimal digits where the key is the fingerprint of a secret,
/// else Ed25519 in base64.
///
/// # Errors
/// [`SignatureError`] says why it proves nothing.
pub fn verify(
    key: &Key,
    secrets: &Secrets,
    payload: &[u8],
    signature: &str,
) -> Result<Proof, SignatureError> {
    let signature = match secrets.get(&key.bytes) {
        Some(secret) => hmac(secret, payload, signature)?,
        None => ed25519(&key.bytes, payload, signature)?,
    };
    Ok(Proof(*blake3::keyed_hash(&key.bytes, &signature).as_bytes()))
}

fn hmac(secret: &Secret, payload: &[u8], signature: &str) -> Result<Vec<u8>, SignatureError> {
    let decoded = HEXLOWER_PERMISSIVE.decode(signature.as_bytes());
    let signature =
        decoded.ok().filter(|bytes| bytes.len() == 32).ok_or(SignatureError::NotHmac)?;
    let mac =
        Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes keys of any length");
    let signed = mac.chain_update(payload).verify_slice(&signature);
    signed.map(|()| signature).map_err(|_| SignatureError::Wrong)
}

fn ed25519(key: &Digest, payload: &[u8], signature: &str) -> Result<Vec<u8>, SignatureError> {
    let decoded = BASE64.decode(signature.as_bytes()).ok();
    let parsed = decoded.as_deref().and_then(|bytes| Signature::from_slice(bytes).ok());
    let (Some(bytes), Some(parsed)) = (decoded, parsed) else { return Err(misread(signature)) };
    let public = VerifyingKey::from_bytes(key).ok().filter(|public| !public.is_weak());
    let public = public.ok_or(SignatureError::WeakKey)?;
    let signed = public.verify_strict(payload, &parsed);
    signed.map(|()| bytes).map_err(|_| SignatureError::Wrong)
}

/// Somebody who sends hexadecimal digits means HMAC.
fn misread(signature: &str) -> SignatureError {
    let hex = HEXLOWER_PERMISSIVE.decode(signature.as_bytes());
    if hex.is_ok_and(|bytes| bytes.len() == 32) {
        return SignatureError::NoSecret;
    }
    SignatureError::NotEd25519
}
