//! Which compression a name means, and the encoder for it.
//!
//! Invariant: a file is whole only after [`Encoder::finish`].

use super::OutputError;
use crate::text::{BlockCodec, BlockEncoder, Codec};
use bzip2::write::BzEncoder;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::{self, Write};

/// The package of the class names that programs for the reference use.
const HADOOP_PACKAGE: &str = "org.apache.hadoop.io.compress.";

/// Hadoop's classes, without their package. Of two for one codec the first is written.
const CLASSES: [(&str, Codec); 7] = [
    ("GzipCodec", Codec::Gzip),
    ("BZip2Codec", Codec::Bzip2),
    ("ZStandardCodec", Codec::Zstd),
    ("DefaultCodec", Codec::Deflate),
    ("DeflateCodec", Codec::Deflate),
    ("SnappyCodec", Codec::Snappy),
    ("Lz4Codec", Codec::Lz4),
];

/// Understands Hadoop's class names and the short names `gzip`, `bzip2`, `zstd`, `deflate`, `snappy` and `lz4`.
pub fn codec_by_name(name: &str) -> Result<Codec, OutputError> {
    let found = codec_by_class_name(name).or_else(|| codec_by_short_name(name));
    found.ok_or_else(|| OutputError::UnknownCodec { name: name.to_owned() })
}

/// Understands Hadoop's class names only: what files say.
pub(crate) fn codec_by_class_name(name: &str) -> Option<Codec> {
    let name = name.strip_prefix(HADOOP_PACKAGE)?;
    CLASSES.iter().find(|(class, _)| *class == name).map(|(_, codec)| *codec)
}

fn codec_by_short_name(name: &str) -> Option<Codec> {
    match name {
        "gzip" => Some(Codec::Gzip),
        "bzip2" => Some(Codec::Bzip2),
        "zstd" => Some(Codec::Zstd),
        "deflate" => Some(Codec::Deflate),
        "snappy" => Some(Codec::Snappy),
        "lz4" => Some(Codec::Lz4),
        _ => None,
    }
}

impl Codec {
    /// Hadoop's class.
    pub(crate) fn class_name(self) -> String {
        let class = CLASSES.iter().find(|(_, codec)| *codec == self);
        format!("{HADOOP_PACKAGE}{}", class.expect("the table has every codec").0)
    }
}

/// Something that is compressed while it is written.
pub(crate) enum Encoder<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Bzip2(BzEncoder<W>),
    Zstd(zstd::Encoder<'static, W>),
    Deflate(ZlibEncoder<W>),
    Block(BlockEncoder<W>),
}

impl<W: Write> Encoder<W> {
    pub fn new(file: W, codec: Option<Codec>) -> io::Result<Self> {
        Ok(match codec {
            None => Self::Plain(file),
            Some(Codec::Gzip) => Self::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Some(Codec::Bzip2) => Self::Bzip2(BzEncoder::new(file, bzip2::Compression::best())),
            Some(Codec::Zstd) => {
                Self::Zstd(zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?)
            }
            Some(Codec::Deflate) => {
                Self::Deflate(ZlibEncoder::new(file, flate2::Compression::default()))
            }
            Some(Codec::Snappy) => Self::Block(BlockEncoder::new(BlockCodec::Snappy, file)),
            Some(Codec::Lz4) => Self::Block(BlockEncoder::new(BlockCodec::Lz4, file)),
        })
    }

    /// Writes what the format has at its end.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(file) => Ok(file),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Bzip2(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
            Self::Deflate(encoder) => encoder.finish(),
            Self::Block(encoder) => encoder.finish(),
        }
    }

    fn inner(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(file) => file,
            Self::Gzip(encoder) => encoder,
            Self::Bzip2(encoder) => encoder,
            Self::Zstd(encoder) => encoder,
            Self::Deflate(encoder) => encoder,
            Self::Block(encoder) => encoder,
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_and_short_names_mean_the_same() {
        for (class, short, codec) in [
            ("GzipCodec", "gzip", Codec::Gzip),
            ("BZip2Codec", "bzip2", Codec::Bzip2),
            ("ZStandardCodec", "zstd", Codec::Zstd),
            ("DefaultCodec", "deflate", Codec::Deflate),
            ("SnappyCodec", "snappy", Codec::Snappy),
            ("Lz4Codec", "lz4", Codec::Lz4),
        ] {
            assert_eq!(codec_by_name(&format!("{HADOOP_PACKAGE}{class}")).unwrap(), codec);
            assert_eq!(codec_by_name(short).unwrap(), codec);
        }
    }

    #[test]
    fn an_unknown_codec_is_one_clear_line() {
        let message = codec_by_name("org.apache.hadoop.io.compress.PassthroughCodec")
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "Unknown compression codec org.apache.hadoop.io.compress.PassthroughCodec: gzip, bzip2, zstd, deflate, snappy and lz4 are supported"
        );
        assert!(codec_by_name("GzipCodec").is_err());
    }
}
