//! Pickled names: a program hands this worker a `str` where it would hand a Python worker a function, and Python pickles
//! it. Read are strings, None and tuples of those, in protocol 2 and newer. Invariant: nothing else is executed.

/// What a pickle holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Pickled {
    None,
    Name(String),
    Tuple(Vec<Pickled>),
}

impl Pickled {
    pub fn name(&self) -> Option<&str> {
        if let Pickled::Name(name) = self { Some(name) } else { None }
    }
}

/// The value of a pickle, if it is one of those.
pub fn load(mut bytes: &[u8]) -> Option<Pickled> {
    let mut stack = Vec::new();
    let mut memo: Vec<Pickled> = Vec::new();
    loop {
        match take(&mut bytes, 1)?[0] {
            0x80 => drop(take(&mut bytes, 1)?), // protocol
            0x95 => drop(take(&mut bytes, 8)?), // frame
            0x8c => {
                let length = take(&mut bytes, 1)?[0].into();
                let name = String::from_utf8(take(&mut bytes, length)?.to_vec()).ok()?;
                stack.push(Pickled::Name(name));
            }
            b'N' => stack.push(Pickled::None),
            0x94 => memo.push(stack.last()?.clone()),
            b'h' => stack.push(memo.get(usize::from(take(&mut bytes, 1)?[0]))?.clone()),
            opcode @ 0x85..=0x87 => {
                let items = stack.split_off(stack.len().checked_sub(usize::from(opcode - 0x84))?);
                stack.push(Pickled::Tuple(items));
            }
            b'.' => return stack.pop(),
            _ => return None,
        }
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tuples_of_names() {
        let name = |text: &str| Pickled::Name(text.to_owned());
        assert_eq!(load(b"\x80\x05\x8c\x03add\x94."), Some(name("add")));
        let tuple = b"\x80\x05\x95\x0d\0\0\0\0\0\0\0N\x8c\x03add\x94h\x00\x87\x94.";
        let expected = Pickled::Tuple(vec![Pickled::None, name("add"), name("add")]);
        assert_eq!(load(tuple), Some(expected));
        assert_eq!(load(b"\x80\x05\x85."), None);
        assert_eq!(load(b"\x80\x05cos\nsystem\n."), None);
    }
}
