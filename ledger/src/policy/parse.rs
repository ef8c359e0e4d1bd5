use alloc::{format, vec::Vec};

use thiserror::Error;

use super::{Group, Member, POLICY_ITEMS_MAX, Policy, PolicyLog, PolicyName, PolicyWitness};
use crate::note::{SignatureType, VerifierKey, VerifierKeyError};
use crate::tree::parse_decimal;

/// The name that stands for no witness at all; it can be the quorum and nothing else.
const NONE: &[u8] = b"none";

/// Why bytes are not a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// This line is not right.
    #[error("line {line} of the policy")]
    Line {
        /// Which, from one.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: PolicyLineError,
    },
    /// No line defines the quorum.
    #[error("the policy has no quorum")]
    NoQuorum,
}

/// Why a line of a policy is not right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyLineError {
    /// An octet that is neither printable ASCII, tab, nor 0x80..=0xFF.
    #[error("control character {byte:#04x}")]
    ControlCharacter {
        /// The octet.
        byte: u8,
    },
    /// The line begins with another word than `log`, `witness`, `group` or `quorum`.
    #[error("unknown keyword")]
    Keyword,
    /// Too few items on the line or too many.
    #[error("wrong number of items")]
    Items,
    /// The verifier key cannot be read.
    #[error("unreadable key")]
    Key(#[source] VerifierKeyError),
    /// A log's key must be of type 0x01, a witness's of type 0x04.
    #[error("a key of this type cannot serve here")]
    KeyType,
    /// Two logs or two witnesses have the same public key, under whatever names.
    #[error("the key stands in the policy already")]
    DuplicateKey,
    /// The name is defined already, or is `none`.
    #[error("the name {name} is taken")]
    NameTaken {
        /// The name.
        name: PolicyName,
    },
    /// The name is not defined on an earlier line.
    #[error("the name {name} is not defined")]
    UnknownName {
        /// The name.
        name: PolicyName,
    },
    /// The name is a member of a group already.
    #[error("{name} is a member of a group already")]
    MemberTwice {
        /// The name.
        name: PolicyName,
    },
    /// Neither `any`, `all` nor a number from one to the number of members.
    #[error("the group's threshold is out of range")]
    Threshold,
    /// A second quorum line.
    #[error("the quorum is defined already")]
    SecondQuorum,
    /// More than [`POLICY_ITEMS_MAX`] logs, witnesses or groups.
    #[error("more logs, witnesses or groups than {POLICY_ITEMS_MAX}")]
    TooMany,
}

/// A policy while its lines are read.
#[derive(Default)]
struct Draft {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    /// What has a place in some group.
    grouped: Vec<Member>,
    quorum: Option<Option<Member>>,
}

impl Policy {
    /// Reads a policy file. The last line may lack its line feed.
    ///
    /// # Errors
    ///
    /// [`PolicyError`]. Keys of types that this program cannot verify are refused rather than passed over, so that nobody
    /// believes in witnesses that can never count.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let mut draft = Draft::default();
        for (line, content) in bytes.split(|&b| b == b'\n').enumerate() {
            draft.read(content).map_err(|source| PolicyError::Line { line: line + 1, source })?;
        }
        let quorum = draft.quorum.ok_or(PolicyError::NoQuorum)?;
        Ok(Self { logs: draft.logs, witnesses: draft.witnesses, groups: draft.groups, quorum })
    }

    /// Writes the policy: logs, witnesses, groups, quorum, one space between items, no comments. [`Policy::parse`] gives
    /// the same policy back.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut lines: Vec<Vec<Vec<u8>>> = Vec::new();
        for log in &self.logs {
            lines.push([b"log".to_vec(), format!("{}", log.key).into()].into_iter().chain(log.url.clone()).collect());
        }
        for witness in &self.witnesses {
            let key = format!("{}", witness.key).into();
            lines.push(
                [b"witness".to_vec(), witness.name.0.clone(), key].into_iter().chain(witness.url.clone()).collect(),
            );
        }
        for group in &self.groups {
            let threshold = match group.threshold {
                all if all == group.members.len() => b"all".to_vec(),
                1 => b"any".to_vec(),
                some => format!("{some}").into(),
            };
            let members = group.members.iter().map(|&member| self.member_name(member));
            lines.push([b"group".to_vec(), group.name.0.clone(), threshold].into_iter().chain(members).collect());
        }
        let quorum = self.quorum.map_or_else(|| NONE.to_vec(), |member| self.member_name(member));
        lines.push([b"quorum".to_vec(), quorum].into());
        lines.iter().flat_map(|items| [items.join(&b' '), b"\n".to_vec()].concat()).collect()
    }

    fn member_name(&self, member: Member) -> Vec<u8> {
        let name = match member {
            Member::Witness(place) => self.witnesses.get(place).map(|witness| &witness.name),
            Member::Group(place) => self.groups.get(place).map(|group| &group.name),
        };
        name.map(|name| name.0.clone()).unwrap_or_default()
    }
}

impl Draft {
    fn read(&mut self, line: &[u8]) -> Result<(), PolicyLineError> {
        if let Some(&byte) = line.iter().find(|b| b.is_ascii_control() && **b != b'\t') {
            return Err(PolicyLineError::ControlCharacter { byte });
        }
        let items: Vec<&[u8]> = line.split(|b| matches!(b, b' ' | b'\t')).filter(|item| !item.is_empty()).collect();
        match items.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key] => self.log(key, None),
            [b"log", key, url] => self.log(key, Some(url)),
            [b"witness", name, key] => self.witness(name, key, None),
            [b"witness", name, key, url] => self.witness(name, key, Some(url)),
            [b"group", name, threshold, members @ ..] if !members.is_empty() => self.group(name, threshold, members),
            [b"quorum", name] => self.quorum(name),
            [b"log" | b"witness" | b"group" | b"quorum", ..] => Err(PolicyLineError::Items),
            _ => Err(PolicyLineError::Keyword),
        }
    }

    fn log(&mut self, key: &[u8], url: Option<&[u8]>) -> Result<(), PolicyLineError> {
        let key = parse_key(key, SignatureType::Ed25519)?;
        if self.logs.iter().any(|log| log.key.public_key() == key.public_key()) {
            return Err(PolicyLineError::DuplicateKey);
        }
        push(&mut self.logs, PolicyLog { key, url: url.map(<[u8]>::to_vec) })
    }

    fn witness(&mut self, name: &[u8], key: &[u8], url: Option<&[u8]>) -> Result<(), PolicyLineError> {
        let name = self.new_name(name)?;
        let key = parse_key(key, SignatureType::CosignatureV1)?;
        if self.witnesses.iter().any(|witness| witness.key.public_key() == key.public_key()) {
            return Err(PolicyLineError::DuplicateKey);
        }
        push(&mut self.witnesses, PolicyWitness { name, key, url: url.map(<[u8]>::to_vec) })
    }

    fn group(&mut self, name: &[u8], threshold: &[u8], names: &[&[u8]]) -> Result<(), PolicyLineError> {
        let name = self.new_name(name)?;
        let threshold = match threshold {
            b"any" => Some(1),
            b"all" => Some(names.len()),
            number => core::str::from_utf8(number)
                .ok()
                .and_then(|number| parse_decimal(number).ok())
                .and_then(|number| usize::try_from(number).ok()),
        };
        let threshold =
            threshold.filter(|number| (1..=names.len()).contains(number)).ok_or(PolicyLineError::Threshold)?;
        let mut members = Vec::new();
        for name in names {
            let member = self.defined(name)?;
            if self.grouped.contains(&member) {
                return Err(PolicyLineError::MemberTwice { name: PolicyName(name.to_vec()) });
            }
            self.grouped.push(member);
            members.push(member);
        }
        push(&mut self.groups, Group { name, threshold, members })
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), PolicyLineError> {
        if self.quorum.is_some() {
            return Err(PolicyLineError::SecondQuorum);
        }
        self.quorum = Some(if name == NONE { None } else { Some(self.defined(name)?) });
        Ok(())
    }

    fn find(&self, name: &[u8]) -> Option<Member> {
        let witness = self.witnesses.iter().position(|witness| witness.name.0 == name).map(Member::Witness);
        witness.or_else(|| self.groups.iter().position(|group| group.name.0 == name).map(Member::Group))
    }

    fn defined(&self, name: &[u8]) -> Result<Member, PolicyLineError> {
        self.find(name).ok_or_else(|| PolicyLineError::UnknownName { name: PolicyName(name.to_vec()) })
    }

    fn new_name(&self, name: &[u8]) -> Result<PolicyName, PolicyLineError> {
        let is_taken = name == NONE || self.find(name).is_some();
        let name = PolicyName(name.to_vec());
        if is_taken { Err(PolicyLineError::NameTaken { name }) } else { Ok(name) }
    }
}

fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), PolicyLineError> {
    if items.len() >= POLICY_ITEMS_MAX {
        return Err(PolicyLineError::TooMany);
    }
    items.push(item);
    Ok(())
}

fn parse_key(bytes: &[u8], signature_type: SignatureType) -> Result<VerifierKey, PolicyLineError> {
    let text = core::str::from_utf8(bytes).map_err(|_| PolicyLineError::Key(VerifierKeyError::Shape))?;
    let key: VerifierKey = text.parse().map_err(PolicyLineError::Key)?;
    if key.signature_type() == signature_type { Ok(key) } else { Err(PolicyLineError::KeyType) }
}
