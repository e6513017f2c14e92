//! One server: its directory, its process, and the shell that outlives this process just long
//! enough to end both.

use std::fs;
use std::io::{self, Read as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::user::User;
use crate::{binaries, trouble};

const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the server until its own standard input ends, as it does when the process that holds the
/// other end dies in whatever way. An interrupt from the keyboard is left to that process.
const KEEPER: &str = r#"
trap '' INT
"$0/postgres" -D "$1/data" >"$1/log" 2>&1 &
server=$!
read -r _
kill -INT "$server"
wait "$server"
cd / && rm -rf "$1"
"#;

/// A server that runs for as long as this value lives, and at most as long as the process.
#[derive(Debug)]
pub struct Server {
    keeper: Child,
    directory: PathBuf,
    url: String,
}

impl Server {
    /// Makes a cluster in a temporary directory, starts a server on it, and waits for it.
    ///
    /// # Errors
    /// When there is no PostgreSQL and none can be installed, or it does not start.
    pub fn start() -> io::Result<Self> {
        let binaries = binaries::directory()?;
        let user = User::needed()?;
        let directory = directory(user)?;
        initialise(&binaries, &directory, user)?;
        let port = free_port()?;
        configure(&directory, port)?;
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER])
            .arg(&binaries)
            .arg(&directory)
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        if let Some(user) = user {
            user.run(&mut keeper);
        }
        let mut server = Self {
            keeper: keeper.spawn()?,
            directory,
            url: format!("postgres://scoop@127.0.0.1:{port}/postgres"),
        };
        server.wait(port)?;
        Ok(server)
    }

    /// Where the server is; its user may make databases.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn wait(&mut self, port: u16) -> io::Result<()> {
        let began = Instant::now();
        while !answers(port) {
            if self.keeper.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
                return Err(trouble(format!("PostgreSQL does not start:\n{log}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
        drop(fs::remove_dir_all(&self.directory));
    }
}

/// A directory that only the server's user can use.
fn directory(user: Option<User>) -> io::Result<PathBuf> {
    let nanos = std::time::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_nanos();
    let name = format!("scoop-postgres-{}-{nanos}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    fs::create_dir(&directory)?;
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700))?;
    if let Some(user) = user {
        chown(&directory, Some(user.id), Some(user.group))?;
    }
    Ok(directory)
}

fn initialise(binaries: &Path, directory: &Path, user: Option<User>) -> io::Result<()> {
    let mut initdb = Command::new(binaries.join("initdb"));
    initdb
        .args([
            "--username=scoop",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ])
        .args(["--no-sync", "-D"])
        .arg(directory.join("data"))
        .current_dir(directory)
        .stdin(Stdio::null());
    if let Some(user) = user {
        user.run(&mut initdb);
    }
    let output = initdb.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(trouble(format!("`initdb` failed:\n{said}")))
}

/// As in production, with room for many tests at once.
fn configure(directory: &Path, port: u16) -> io::Result<()> {
    let path = directory.join("data/postgresql.conf");
    let socket = directory.display();
    let settings = format!(
        "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{socket}'\n\
         max_connections = 300\nshared_buffers = '256MB'\nfsync = on\nsynchronous_commit = on\n\
         max_wal_size = '4GB'\n"
    );
    let mut text = fs::read_to_string(&path)?;
    text.push_str(&settings);
    fs::write(&path, text)
}

/// The system gives each port once in a long while, so nobody else gets it before the server has it.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Whether the server lets somebody in.
fn answers(port: u16) -> bool {
    let ask = || -> io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        io::Write::write_all(&mut stream, &startup())?;
        let mut answer = [0; 1];
        stream.read_exact(&mut answer)?;
        // `R`: it lets us in. `E`: it is still starting.
        if answer == *b"R" {
            Ok(())
        } else {
            Err(trouble("not yet"))
        }
    };
    ask().is_ok()
}

/// The first message of the protocol: length, version 3.0, the user and the database.
fn startup() -> Vec<u8> {
    let body = b"user\0scoop\0database\0postgres\0\0";
    let length = u32::try_from(body.len() + 8).expect("a few bytes");
    let mut message = length.to_be_bytes().to_vec();
    message.extend_from_slice(&196_608_u32.to_be_bytes());
    message.extend_from_slice(body);
    message
}
