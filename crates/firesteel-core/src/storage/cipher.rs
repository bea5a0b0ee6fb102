//! Encrypted files: AES-256-GCM in chunks, so that any part of a file can be read without the rest.
//!
//! ```text
//! header    8 bytes that name the format, 24 random bytes
//! chunk 0 | tag | chunk 1 | tag | ...     16 KiB each but the last, every tag 16 bytes
//! ```
//!
//! Every file has a key of its own, derived (HKDF-SHA256) from the application's key, the random bytes and the file's name; a chunk's number
//! is its nonce. Invariant: no key and nonce encrypt twice, and a chunk that was changed, moved or taken from another file does not open.
//! A file cut off between two chunks opens; whoever reads knows how long its block is.

use std::io::{self, ErrorKind};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};

use super::keys::Key;

/// Small, for a reducer decrypts whole chunks to read a few bytes of an index.
const CHUNK: usize = 16 << 10;
const TAG: usize = 16;
const SEALED: u64 = (CHUNK + TAG) as u64;
pub(super) const HEADER: usize = 32;
const MAGIC: [u8; 8] = *b"FSENC\0\0\x01";

/// Seals and opens the chunks of one file.
#[derive(Debug)]
pub(super) struct FileCipher(LessSafeKey);

impl FileCipher {
    /// For a file that is about to be written, with its header.
    fn create(key: &Key, name: &str) -> io::Result<(FileCipher, [u8; HEADER])> {
        let mut header = [0; HEADER];
        header[..MAGIC.len()].copy_from_slice(&MAGIC);
        SystemRandom::new()
            .fill(&mut header[MAGIC.len()..])
            .map_err(|_| io::Error::other("the system has no random bytes"))?;
        Ok((FileCipher::derive(key, name, &header)?, header))
    }

    /// For a file that begins with this header.
    pub(super) fn of(key: &Key, name: &str, header: &[u8; HEADER]) -> io::Result<FileCipher> {
        if !header.starts_with(&MAGIC) {
            return Err(io::Error::new(ErrorKind::InvalidData, "it is not encrypted"));
        }
        FileCipher::derive(key, name, header)
    }

    fn derive(key: &Key, name: &str, header: &[u8; HEADER]) -> io::Result<FileCipher> {
        let extracted = Salt::new(HKDF_SHA256, header).extract(key.bytes());
        let info = [name.as_bytes()];
        let derived = extracted.expand(&info, &AES_256_GCM).map(UnboundKey::from);
        let derived = derived.map_err(|_| io::Error::other("a key cannot be derived"))?;
        Ok(FileCipher(LessSafeKey::new(derived)))
    }

    /// Appends the chunk, encrypted and with its tag, to `sealed`.
    fn seal(&self, number: u64, chunk: &[u8], sealed: &mut Vec<u8>) -> io::Result<()> {
        let start = sealed.len();
        sealed.extend_from_slice(chunk);
        let tag =
            self.0.seal_in_place_separate_tag(nonce(number), Aad::empty(), &mut sealed[start..]);
        let tag = tag.map_err(|_| io::Error::other("a chunk cannot be encrypted"))?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(())
    }

    fn open<'a>(&self, number: u64, sealed: &'a mut [u8]) -> io::Result<&'a [u8]> {
        let opened = self.0.open_in_place(nonce(number), Aad::empty(), sealed);
        opened.map(|chunk| &*chunk).map_err(|_| {
            io::Error::new(ErrorKind::InvalidData, "an encrypted chunk is damaged or not ours")
        })
    }

    /// Fills `bytes` with the contents from `offset` on. `read_at` fills a buffer from a place of the encrypted file.
    pub(super) fn read_exact_at(
        &self,
        bytes: &mut [u8],
        offset: u64,
        length: u64,
        read_at: impl Fn(&mut [u8], u64) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut sealed = vec![0; CHUNK + TAG];
        let (mut filled, mut place) = (0, offset);
        while filled < bytes.len() {
            let number = place / CHUNK as u64;
            let start = number * CHUNK as u64;
            let chunk_length = length.saturating_sub(start).min(CHUNK as u64) as usize;
            let sealed = &mut sealed[..chunk_length + TAG];
            read_at(sealed, HEADER as u64 + number * SEALED)?;
            let chunk = self.open(number, sealed)?;
            let wanted = chunk.get((place - start) as usize..).filter(|wanted| !wanted.is_empty());
            let wanted = wanted.ok_or(ErrorKind::UnexpectedEof)?;
            let count = wanted.len().min(bytes.len() - filled);
            bytes[filled..filled + count].copy_from_slice(&wanted[..count]);
            filled += count;
            place += count as u64;
        }
        Ok(())
    }
}

fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

/// How many bytes are encrypted in a file of this length.
pub(super) fn plain_length(file_length: u64) -> u64 {
    let sealed = file_length.saturating_sub(HEADER as u64);
    let rest = (sealed % SEALED).saturating_sub(TAG as u64);
    sealed / SEALED * CHUNK as u64 + rest
}

/// Encrypts a file from beginning to end.
#[derive(Debug)]
pub(super) struct Sealer {
    cipher: FileCipher,
    /// Encrypted, and not handed out yet; at first the header.
    sealed: Vec<u8>,
    /// The beginning of the next chunk.
    begun: Vec<u8>,
    /// The number of the next chunk.
    number: u64,
}

impl Sealer {
    pub(super) fn new(key: &Key, name: &str) -> io::Result<Sealer> {
        let (cipher, header) = FileCipher::create(key, name)?;
        Ok(Sealer { cipher, sealed: header.to_vec(), begun: Vec::new(), number: 0 })
    }

    /// Takes the next bytes and returns what is to be written now.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> io::Result<Vec<u8>> {
        while !bytes.is_empty() {
            let (taken, rest) = bytes.split_at(bytes.len().min(CHUNK - self.begun.len()));
            self.begun.extend_from_slice(taken);
            bytes = rest;
            if self.begun.len() == CHUNK {
                self.seal_begun()?;
            }
        }
        Ok(std::mem::take(&mut self.sealed))
    }

    /// Reads back what was pushed, as [`FileCipher::read_exact_at`] does.
    pub(super) fn read_exact_at(
        &self,
        bytes: &mut [u8],
        offset: u64,
        read_at: impl Fn(&mut [u8], u64) -> io::Result<()>,
    ) -> io::Result<()> {
        let sealed = self.number * CHUNK as u64;
        let in_file = sealed.saturating_sub(offset).min(bytes.len() as u64) as usize;
        let (from_file, begun) = bytes.split_at_mut(in_file);
        self.cipher.read_exact_at(from_file, offset, sealed, read_at)?;
        let start = offset.saturating_sub(sealed) as usize;
        let found = self.begun.get(start..).and_then(|rest| rest.get(..begun.len()));
        begun.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    /// The last chunk; nothing can be pushed after it.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        if !self.begun.is_empty() {
            self.seal_begun()?;
        }
        Ok(self.sealed)
    }

    fn seal_begun(&mut self) -> io::Result<()> {
        self.cipher.seal(self.number, &self.begun, &mut self.sealed)?;
        self.begun.clear();
        self.number += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypted(key: &Key, name: &str, content: &[u8], step: usize) -> Vec<u8> {
        let mut sealer = Sealer::new(key, name).unwrap();
        let mut file = Vec::new();
        for piece in content.chunks(step) {
            file.extend(sealer.push(piece).unwrap());
        }
        file.extend(sealer.finish().unwrap());
        file
    }

    fn read(key: &Key, name: &str, file: &[u8], offset: u64, count: usize) -> io::Result<Vec<u8>> {
        let header = file.first_chunk().ok_or(ErrorKind::UnexpectedEof)?;
        let cipher = FileCipher::of(key, name, header)?;
        let mut bytes = vec![0; count];
        let read_at = |bytes: &mut [u8], offset: u64| {
            let found = file.get(offset as usize..).and_then(|rest| rest.get(..bytes.len()));
            bytes.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
            Ok(())
        };
        cipher.read_exact_at(&mut bytes, offset, plain_length(file.len() as u64), read_at)?;
        Ok(bytes)
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|index| (index % 251) as u8).collect()
    }

    #[test]
    fn any_part_comes_back() {
        let key = Key::generate().unwrap();
        for length in [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5] {
            let content = content(length);
            let file = encrypted(&key, "block", &content, 1000);
            assert_eq!(plain_length(file.len() as u64), length as u64);
            for (offset, count) in [(0, length), (length - 1, 1), (length / 2, length / 3)] {
                let found = read(&key, "block", &file, offset as u64, count).unwrap();
                assert_eq!(found, content[offset..][..count]);
            }
            assert!(read(&key, "block", &file, 1, length).is_err(), "beyond the end");
        }
    }

    #[test]
    fn nothing_of_the_content_shows_and_no_file_equals_another() {
        let key = Key::generate().unwrap();
        let secret = b"a secret that is long enough".repeat(1000);
        let [one, two] = [(); 2].map(|()| encrypted(&key, "block", &secret, CHUNK));
        assert_ne!(one[HEADER..], two[HEADER..]);
        assert!(!one.windows(8).any(|window| window == b"a secret"));
    }

    #[test]
    fn what_was_changed_or_exchanged_does_not_open() {
        let (key, other) = (Key::generate().unwrap(), Key::generate().unwrap());
        let content = content(2 * CHUNK);
        let file = encrypted(&key, "block", &content, CHUNK);
        let fails =
            |key: &Key, name: &str, file: &[u8]| read(key, name, file, 0, 2 * CHUNK).is_err();
        assert!(!fails(&key, "block", &file));
        assert!(fails(&other, "block", &file) && fails(&key, "other", &file));
        for place in [0, 10, HEADER, HEADER + CHUNK, file.len() - 1] {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(fails(&key, "block", &changed), "byte {place}");
        }
        let mut swapped = file[..HEADER].to_vec();
        let chunks: Vec<_> = file[HEADER..].chunks(CHUNK + TAG).rev().collect();
        swapped.extend(chunks.concat());
        assert!(fails(&key, "block", &swapped));
    }

    #[test]
    fn a_file_of_any_length_is_refused_without_a_panic() {
        let key = Key::generate().unwrap();
        let file = encrypted(&key, "block", &content(CHUNK + 100), CHUNK);
        for length in 0..file.len() {
            assert!(read(&key, "block", &file[..length], 0, CHUNK + 100).is_err());
        }
    }

    #[test]
    fn what_was_pushed_is_read_back_before_the_end() {
        let content = content(2 * CHUNK + 100);
        let mut sealer = Sealer::new(&Key::generate().unwrap(), "spill").unwrap();
        let file = sealer.push(&content).unwrap();
        let read_at = |bytes: &mut [u8], offset: u64| {
            bytes.copy_from_slice(&file[offset as usize..][..bytes.len()]);
            Ok(())
        };
        for offset in [0, CHUNK - 1, 2 * CHUNK - 5, 2 * CHUNK, 2 * CHUNK + 90] {
            let mut bytes = [0; 10];
            sealer.read_exact_at(&mut bytes, offset as u64, read_at).unwrap();
            assert_eq!(bytes, content[offset..][..10]);
        }
        assert!(sealer.read_exact_at(&mut [0; 10], 2 * CHUNK as u64 + 91, read_at).is_err());
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = Key::generate().unwrap();
        assert_eq!(format!("{key:?}"), "Key(hidden)");
    }
}
