//! Whom the server runs as: PostgreSQL refuses to run as root.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::trouble;

/// A user and its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: u32,
    pub(crate) group: u32,
}

impl User {
    /// `None` where this process's own user will do.
    pub(crate) fn needed() -> io::Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let users = std::fs::read_to_string("/etc/passwd")?;
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Self::named(&users, name))
            .map(Some)
            .ok_or_else(|| trouble("there is neither a user `postgres` nor `nobody` to run as"))
    }

    /// Has a command run as this user.
    pub(crate) fn run(self, command: &mut Command) {
        command.uid(self.id).gid(self.group);
    }

    fn named(users: &str, name: &str) -> Option<Self> {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self {
            id: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::User;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "post:x:1:2::/:\npostgres:x:107:114:,,,:/var/lib/postgresql:/bin/bash\n";
        let found = User::named(users, "postgres");
        assert_eq!(
            found,
            Some(User {
                id: 107,
                group: 114
            })
        );
        assert_eq!(User::named(users, "nobody"), None);
    }
}
