//! One server: its directory, its process, and the shell that outlives this process just long
//! enough to end both.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::Sync;
use crate::user::User;
use crate::{binaries, cluster, trouble};

const PATIENCE: Duration = Duration::from_secs(60);
/// For one that is ending.
const SHORT_PATIENCE: Duration = Duration::from_secs(10);

/// Runs the server until its own standard input ends, as it does when the process that holds the
/// other end dies in whatever way. An interrupt from the keyboard is left to that process. A line
/// of the input is a signal that ends the server; then it is started again, and a line says so.
const KEEPER: &str = r#"
trap '' INT
serve() {
    "$0/postgres" -D "$1/data" >>"$1/log" 2>&1 &
    server=$!
}
serve "$@"
while read -r signal; do
    kill -"$signal" "$server"
    wait "$server"
    serve "$@"
    echo again
done
kill -INT "$server"
wait "$server"
if [ "$2" = remove ]; then
    cd / && rm -rf "$1"
fi
"#;

/// A server that runs for as long as this value lives, and at most as long as the process.
#[derive(Debug)]
pub struct Server {
    keeper: Child,
    says: BufReader<ChildStdout>,
    directory: PathBuf,
    is_kept: bool,
    port: u16,
    url: String,
}

/// How a server is ended before it is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// It ends all connections, and writes what it has.
    Fast,
    /// It ends as in a crash, and has to recover from its log.
    Immediate,
}

impl Server {
    /// Makes a cluster in a temporary directory, starts a server on it, and waits for it.
    ///
    /// # Errors
    /// When there is no PostgreSQL and none can be installed, or it does not start.
    pub fn start(sync: Sync) -> io::Result<Self> {
        let binaries = binaries::directory()?;
        let user = User::needed()?;
        let directory = cluster::temporary(user)?;
        cluster::initialise(&binaries, &directory, user)?;
        Self::serve(&binaries, directory, user, (false, sync))
    }

    /// Starts a server whose data stays in this directory, for the next one to go on with. Makes it
    /// where it is missing. One that is still ending there is waited for.
    ///
    /// # Errors
    /// When there is no PostgreSQL, it does not start, or another server on that directory does not
    /// end.
    pub fn keeping(directory: &Path) -> io::Result<Self> {
        let binaries = binaries::present()?;
        let user = User::needed()?;
        let directory = cluster::lasting(directory, user)?;
        cluster::complete(&binaries, &directory, user)?;
        let lock = directory.join("data/postmaster.pid");
        let began = Instant::now();
        while cluster::is_held(&lock) {
            if began.elapsed() > SHORT_PATIENCE {
                let message = format!("a server is running in {}", directory.display());
                return Err(trouble(message));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Self::serve(&binaries, directory, user, (true, Sync::On))
    }

    fn serve(
        binaries: &Path,
        directory: PathBuf,
        user: Option<User>,
        (is_kept, sync): (bool, Sync),
    ) -> io::Result<Self> {
        let port = free_port()?;
        cluster::configure(&directory, port, sync)?;
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER])
            .arg(binaries)
            .arg(&directory)
            .arg(if is_kept { "keep" } else { "remove" })
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(user) = user {
            user.run(&mut keeper);
        }
        let mut keeper = keeper.spawn()?;
        let says = keeper.stdout.take().ok_or_else(|| trouble("no pipe"))?;
        let mut server = Self {
            keeper,
            says: BufReader::new(says),
            directory,
            is_kept,
            port,
            url: format!("postgres://scoop@127.0.0.1:{port}/postgres"),
        };
        server.wait()?;
        Ok(server)
    }

    /// Ends the server, starts it again in the same place, and waits for it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self, how: Shutdown) -> io::Result<()> {
        let signal = match how {
            Shutdown::Fast => "INT",
            Shutdown::Immediate => "QUIT",
        };
        let input = self.keeper.stdin.as_mut();
        let input = input.ok_or_else(|| trouble("the server has ended"))?;
        writeln!(input, "{signal}")?;
        let mut line = String::new();
        self.says.read_line(&mut line)?;
        self.wait()
    }

    /// Where the server is; its user may make databases.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn wait(&mut self) -> io::Result<()> {
        let began = Instant::now();
        while !answers(self.port) {
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
        if !self.is_kept {
            drop(fs::remove_dir_all(&self.directory));
        }
    }
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
