//! MessagePack, as far as messages need it. Invariant: whatever bytes come, decoding ends without a panic.

/// A value of a message. Structs are maps by field name; an enum's variant is its name, or a map with that one key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Str(String),
    Bytes(Vec<u8>),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

/// How deep values may nest: pipelines of pipelines have a few levels.
const DEEPEST: usize = 200;

impl Value {
    pub fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
        Value::Map(fields.map(|(name, value)| (Value::Str(name.to_owned()), value)).into())
    }

    pub fn variant(name: &str, content: Value) -> Value {
        Value::map([(name, content)])
    }

    /// The field of a struct.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let Value::Map(fields) = self else { return None };
        fields.iter().find(|(key, _)| key.str() == Some(name)).map(|(_, value)| value)
    }

    /// The name of an enum's variant, and its content, which is nil where there is none.
    pub fn as_variant(&self) -> Option<(&str, &Value)> {
        match self {
            Value::Str(name) => Some((name, &Value::Nil)),
            Value::Map(fields) => match &fields[..] {
                [(Value::Str(name), content)] => Some((name, content)),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn into_variant(self) -> Option<(String, Value)> {
        self.as_variant().map(|(name, content)| (name.to_owned(), content.clone()))
    }

    pub fn int(&self) -> Option<i64> {
        if let Value::Int(value) = self { Some(*value) } else { None }
    }

    pub fn str(&self) -> Option<&str> {
        if let Value::Str(text) = self { Some(text) } else { None }
    }

    pub fn items(&self) -> &[Value] {
        if let Value::Array(items) = self { items } else { &[] }
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Value::Nil => out.push(0xc0),
            Value::Bool(value) => out.push(0xc2 | u8::from(*value)),
            Value::Int(value) => {
                out.push(0xd3);
                out.extend_from_slice(&value.to_be_bytes());
            }
            Value::Str(text) => {
                encode_length(0xdb, text.len(), out);
                out.extend_from_slice(text.as_bytes());
            }
            Value::Bytes(bytes) => {
                encode_length(0xc6, bytes.len(), out);
                out.extend_from_slice(bytes);
            }
            Value::Array(items) => {
                encode_length(0xdd, items.len(), out);
                items.iter().for_each(|item| item.encode(out));
            }
            Value::Map(fields) => {
                encode_length(0xdf, fields.len(), out);
                for (key, value) in fields {
                    key.encode(out);
                    value.encode(out);
                }
            }
        }
    }

    /// The value that the bytes are, if they are exactly one.
    pub fn decode(bytes: &[u8]) -> Option<Value> {
        let mut input = Input(bytes);
        let value = input.value(DEEPEST)?;
        input.0.is_empty().then_some(value)
    }
}

fn encode_length(mark: u8, length: usize, out: &mut Vec<u8>) {
    out.push(mark);
    out.extend_from_slice(&(length as u32).to_be_bytes());
}

/// What has not been decoded yet.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        let mark = self.number(1)? as u8;
        Some(match mark {
            0x00..=0x7f => Value::Int(mark.into()),
            0x80..=0x8f => self.fields(usize::from(mark & 0x0f), depth)?,
            0x90..=0x9f => self.array(usize::from(mark & 0x0f), depth)?,
            0xa0..=0xbf => self.text(usize::from(mark & 0x1f))?,
            0xc0 => Value::Nil,
            0xc2 => Value::Bool(false),
            0xc3 => Value::Bool(true),
            0xc4..=0xc6 => {
                let length = self.number(1 << (mark - 0xc4))? as usize;
                Value::Bytes(self.take(length)?.to_vec())
            }
            // Floats are in no message that this worker looks into.
            0xca => self.take(4).map(|_| Value::Nil)?,
            0xcb => self.take(8).map(|_| Value::Nil)?,
            // What is larger stands for "without a limit".
            0xcc..=0xcf => {
                let number = self.number(1 << (mark - 0xcc))?;
                Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
            }
            0xd0..=0xd3 => {
                let width = 1 << (mark - 0xd0);
                let unused = 64 - 8 * width as u32;
                Value::Int((self.number(width)? << unused) as i64 >> unused)
            }
            0xd9..=0xdb => {
                let length = self.number(1 << (mark - 0xd9))? as usize;
                self.text(length)?
            }
            0xdc..=0xdd => {
                let length = self.number(2 << (mark - 0xdc))? as usize;
                self.array(length, depth)?
            }
            0xde..=0xdf => {
                let length = self.number(2 << (mark - 0xde))? as usize;
                self.fields(length, depth)?
            }
            0xe0..=0xff => Value::Int((mark as i8).into()),
            _ => return None,
        })
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A big-endian number of so many bytes.
    fn number(&mut self, width: usize) -> Option<u64> {
        Some(self.take(width)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn text(&mut self, length: usize) -> Option<Value> {
        String::from_utf8(self.take(length)?.to_vec()).ok().map(Value::Str)
    }

    fn array(&mut self, length: usize, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        (0..length).map(|_| self.value(depth)).collect::<Option<_>>().map(Value::Array)
    }

    fn fields(&mut self, length: usize, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let fields = (0..length).map(|_| Some((self.value(depth)?, self.value(depth)?)));
        fields.collect::<Option<_>>().map(Value::Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes() {
        let values = [
            Value::Nil,
            Value::Bool(true),
            Value::Int(-7),
            Value::Int(i64::MAX),
            Value::Bytes(vec![0, 255]),
            Value::Array(vec![Value::Str("é".to_owned()), Value::map([("a", Value::Nil)])]),
        ];
        for value in values {
            let mut bytes = Vec::new();
            value.encode(&mut bytes);
            assert_eq!(Value::decode(&bytes), Some(value));
            assert_eq!(Value::decode(&bytes[..bytes.len() - 1]), None);
        }
    }

    #[test]
    fn short_forms_decode() {
        let bytes = [0x82, 0xa1, b'a', 0xff, 0xa1, b'b', 0x93, 0xd1, 0xff, 0x00, 0xcc, 200, 5];
        let numbers = [-256, 200, 5].map(Value::Int).into();
        let expected = Value::map([("a", Value::Int(-1)), ("b", Value::Array(numbers))]);
        assert_eq!(Value::decode(&bytes), Some(expected));
    }

    #[test]
    fn depth_has_an_end() {
        assert_eq!(Value::decode(&[0x91; 100_000]), None);
    }
}
