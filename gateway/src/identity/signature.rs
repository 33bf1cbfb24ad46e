//! Whether a signature is that of a key over these bytes. Ed25519 is checked strictly, HMAC in
//! constant time; who the key is and whether the request is fresh is asked elsewhere.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Digest, Key, Secret, Secrets};

/// That a key signed something, as 32 bytes that are the same however the signature was written.
/// What [`Replays`](super::Replays) remembers.
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

/// Checks a signature: HMAC-SHA-256 in hexadecimal digits where the key is the fingerprint of a
/// secret, else Ed25519 in base64.
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

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use ed25519_dalek::{Signer, SigningKey};
    use ringside_protocol::{AccountId, KeyId, Permissions, Timestamp};

    use super::super::secrets::fingerprint;
    use super::*;

    fn key(bytes: Digest) -> Key {
        let (id, account, expires) = (KeyId(0), AccountId(0), Timestamp(0));
        Key { id, account, bytes, permissions: Permissions::EVERY, expires }
    }

    fn bytes(hex: &str) -> Vec<u8> {
        HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal digits")
    }

    fn digest(hex: &str) -> Digest {
        bytes(hex).try_into().expect("32 bytes")
    }

    /// Public key, message and signature of RFC 8032, section 7.1, tests 1 to 3.
    const RFC_8032: [(&str, &str, &str); 3] = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555\
             fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0\
             85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1\
             8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];

    #[test]
    fn ed25519_is_that_of_the_standard() {
        for (public, message, signature) in RFC_8032 {
            let signature = BASE64.encode(&bytes(signature));
            let verified =
                verify(&key(digest(public)), &Secrets::new(), &bytes(message), &signature);
            assert!(verified.is_ok(), "{public}: {verified:?}");
        }
    }

    #[test]
    fn hmac_is_that_of_the_standard() {
        // RFC 4231, cases 1, 2, 3 and 6: key, message, what must come out.
        for (secret, message, mac) in [
            (
                vec![0x0b; 20],
                b"Hi There".to_vec(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 20],
                vec![0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hmac(&Secret::of(&secret), &message, mac), Ok(bytes(mac)));
        }
    }

    /// The secret of the examples that the dialect's documentation gives.
    const PUBLISHED: &str = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

    #[test]
    fn published_examples_of_the_dialect_verify() {
        let secrets = Secrets::parse(PUBLISHED).expect("a secret");
        let key = key(fingerprint(PUBLISHED.as_bytes()));
        for (payload, signature) in [
            (
                "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1\
                 &recvWindow=5000&timestamp=1499827319559",
                "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
            ),
            (
                "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT\
                 &timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
                "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
            ),
            (
                "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A\
                 &newOrderRespType=ACK&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL\
                 &symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT",
                "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a",
            ),
        ] {
            let lower = verify(&key, &secrets, payload.as_bytes(), signature);
            let upper = verify(&key, &secrets, payload.as_bytes(), &signature.to_uppercase());
            assert!(lower.is_ok(), "{payload}");
            assert_eq!(lower, upper, "another case is the same signature, and no second use");
        }
    }

    #[test]
    fn what_was_tampered_with_proves_nothing() {
        // GWY-006: what is sent instead of the right signature over "pay 1".
        let signing = SigningKey::from_bytes(&[7; 32]);
        let good = signing.sign(b"pay 1").to_bytes();
        let other = SigningKey::from_bytes(&[8; 32]).sign(b"pay 1").to_bytes();
        let longer = [&good[..], &[0]].concat();
        let wrong = Err(SignatureError::Wrong);
        let unread = Err(SignatureError::NotEd25519);
        let encoded = BASE64.encode(&good);
        for (attack, payload, signature, expected) in [
            ("none: it is right", "pay 1", encoded.clone(), Ok(())),
            ("altered payload", "pay 9", encoded.clone(), wrong),
            ("shortened payload", "pay", encoded.clone(), wrong),
            ("another key", "pay 1", BASE64.encode(&other), wrong),
            ("added order of the group", "pay 1", BASE64.encode(&malleable(good)), wrong),
            ("nothing", "pay 1", String::new(), unread),
            ("cut", "pay 1", BASE64.encode(&good[..63]), unread),
            ("longer", "pay 1", BASE64.encode(&longer), unread),
            ("no padding", "pay 1", encoded.trim_end_matches('=').to_owned(), unread),
            ("bits behind the end", "pay 1", bits_behind(&encoded), unread),
            ("a blank", "pay 1", format!("{encoded} "), unread),
            ("hexadecimal", "pay 1", HEXLOWER.encode(&good), unread),
            ("like HMAC", "pay 1", "ab".repeat(32), Err(SignatureError::NoSecret)),
        ] {
            let key = key(signing.verifying_key().to_bytes());
            let found = verify(&key, &Secrets::new(), payload.as_bytes(), &signature);
            assert_eq!(found.map(|_| ()), expected, "{attack}");
        }
    }

    /// The same signature with the order of the group added to its second half: the same number to
    /// whoever does not look closely.
    fn malleable(mut signature: [u8; 64]) -> [u8; 64] {
        let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut carry = 0;
        for (byte, added) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(added) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(carry, 0, "it still fits");
        signature
    }

    /// The last character before the padding carries four bits that belong to no byte.
    fn bits_behind(encoded: &str) -> String {
        let (all_but_last, last) = encoded.split_at(encoded.len() - 3);
        let next = char::from(last.as_bytes()[0] + 1);
        format!("{all_but_last}{next}==")
    }

    #[test]
    fn a_weak_key_signs_nothing() {
        // With the neutral point as key and zeros as signature, anything at all would be signed.
        let neutral: Digest = std::array::from_fn(|at| u8::from(at == 0));
        let everything = [neutral, [0; 32]].concat();
        let found = verify(&key(neutral), &Secrets::new(), b"pay 9", &BASE64.encode(&everything));
        assert_eq!(found, Err(SignatureError::WeakKey));
        let no_point = key([2; 32]);
        let found = verify(&no_point, &Secrets::new(), b"pay 9", &BASE64.encode(&everything));
        assert_eq!(found, Err(SignatureError::WeakKey));
    }

    #[test]
    fn an_hmac_that_was_tampered_with_proves_nothing() {
        let secrets = Secrets::parse(PUBLISHED).expect("a secret");
        let key = key(fingerprint(PUBLISHED.as_bytes()));
        let mac = Hmac::<Sha256>::new_from_slice(PUBLISHED.as_bytes()).expect("any key");
        let good = HEXLOWER.encode(&mac.chain_update(b"pay 1").finalize().into_bytes());
        let wrong = Err(SignatureError::Wrong);
        let unread = Err(SignatureError::NotHmac);
        for (attack, payload, signature, expected) in [
            ("none: it is right", "pay 1", good.clone(), Ok(())),
            ("altered payload", "pay 9", good.clone(), wrong),
            ("guessed", "pay 1", "00".repeat(32), wrong),
            ("cut: a short one would be guessed soon", "pay 1", good[..2].to_owned(), unread),
            ("nothing", "pay 1", String::new(), unread),
            ("base64", "pay 1", BASE64.encode(&bytes(&good)), unread),
        ] {
            let found = verify(&key, &secrets, payload.as_bytes(), &signature);
            assert_eq!(found.map(|_| ()), expected, "{attack}");
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        for (error, fix) in [
            (SignatureError::NotEd25519, "base64 with padding"),
            (SignatureError::NotHmac, "hexadecimal digits"),
            (SignatureError::NoSecret, "add it to the file of secrets"),
            (SignatureError::WeakKey, "ringside keygen"),
            (SignatureError::Wrong, "sign the parameters as they are sent"),
        ] {
            assert!(error.to_string().contains(fix), "{error}");
        }
    }
}
