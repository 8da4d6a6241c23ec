//! Where results are delivered to: MinIO, which speaks S3, and PostgreSQL, as real servers of a test.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::process::Process;
use crate::program;
use crate::scratch::Scratch;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The programs of the servers: MinIO, and the folder of PostgreSQL's.
fn programs() -> Option<&'static (PathBuf, PathBuf)> {
    static FOUND: OnceLock<Option<(PathBuf, PathBuf)>> = OnceLock::new();
    let find = || {
        let mut get = Command::new(program::root().join("e2e/elsewhere/get.sh"));
        let output = get.stdin(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(3) {
            eprintln!("\n!!! NOTHING WAS DELIVERED TO S3 AND POSTGRESQL: {stderr}!!!\n");
            return None;
        }
        assert!(output.status.success(), "{stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut lines = stdout.lines().map(PathBuf::from);
        Some((lines.next().unwrap(), lines.next().unwrap()))
    };
    FOUND.get_or_init(find).as_ref()
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Waits until `is_up` says so.
fn wait(process: &mut Process, mut is_up: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_up() {
        assert!(process.poll().is_none() && began.elapsed() < PATIENCE, "{}", process.tail());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A MinIO with a bucket.
#[derive(Debug)]
pub struct Minio {
    process: Process,
    port: u16,
}

impl Minio {
    /// Name of its bucket.
    pub const BUCKET: &'static str = "quants";
    /// Its key.
    pub const USER: &'static str = "galapagos";
    /// The secret of the key.
    pub const PASSWORD: &'static str = "not a secret";

    /// Starts it; `None` on a machine that has none and cannot make it.
    pub fn start(scratch: &Scratch) -> Option<Minio> {
        Minio::start_at(scratch, free_port())
    }

    /// Starts it at a port, of every address of this machine.
    pub fn start_at(scratch: &Scratch, port: u16) -> Option<Minio> {
        let (minio, _) = programs()?;
        let data = scratch.folder("minio");
        // A folder of its data is a bucket.
        std::fs::create_dir_all(data.join(Minio::BUCKET)).unwrap();
        let mut command = Command::new(minio);
        command.args(["server", "--quiet", "--address", &format!(":{port}")]).arg(&data);
        command.envs([("MINIO_ROOT_USER", Minio::USER), ("MINIO_ROOT_PASSWORD", Minio::PASSWORD)]);
        command.env("MINIO_BROWSER", "off").env("HOME", scratch.path()).stdin(Stdio::null());
        let mut process = Process::start("minio", command, &scratch.path().join("minio.log"));
        let live = format!("http://127.0.0.1:{port}/minio/health/live");
        wait(&mut process, || {
            let mut ask = Command::new("curl");
            ask.args(["--silent", "--fail", "--max-time", "2", &live])
                .output()
                .is_ok_and(|o| o.status.success())
        });
        Some(Minio { process, port })
    }

    /// What a client must know.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ACCESS_KEY_ID", Minio::USER.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", Minio::PASSWORD.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
        ]
    }

    /// The bytes of an object, got by a client that is not ours; `None`: there is none.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let output = self.curl(&[], key);
        output.status.success().then_some(output.stdout)
    }

    /// Writes an object.
    pub fn put(&self, key: &str, text: &str) {
        let output = self
            .curl(&["-X", "PUT", "--data-binary", text, "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"], key);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Writes an object with the bytes of a file.
    pub fn put_file(&self, key: &str, file: &Path) {
        let bytes = format!("@{}", file.display());
        let output = self.curl(
            &["-X", "PUT", "--data-binary", &bytes, "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"],
            key,
        );
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Removes an object.
    pub fn remove(&self, key: &str) {
        assert!(self.curl(&["-X", "DELETE"], key).status.success(), "{key}");
    }

    fn curl(&self, arguments: &[&str], key: &str) -> std::process::Output {
        Command::new("curl")
            // It says that it lives a moment before it can write.
            .args(["--retry", "5", "--retry-delay", "1"])
            .args(["--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user"])
            .arg(format!("{}:{}", Minio::USER, Minio::PASSWORD))
            .args(arguments)
            .arg(format!("http://127.0.0.1:{}/{}/{key}", self.port, Minio::BUCKET))
            .output()
            .unwrap()
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.process.kill();
    }
}

/// A PostgreSQL with a database `results`, whose user `quant` needs a password.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
    programs: PathBuf,
    /// The certificate that it shows, which is its own authority.
    pub certificate: PathBuf,
}

impl Postgres {
    /// The password of the user.
    pub const PASSWORD: &'static str = "opensesame";

    /// Starts it, with TLS; `None` on a machine that has none and cannot make it.
    pub fn start(scratch: &Scratch) -> Option<Postgres> {
        let (_, programs) = programs()?;
        let folder = scratch.folder("postgres");
        let data = folder.join("data");
        let owner = rustix::process::geteuid().is_root();
        let own = |path: &Path| {
            // The server runs as nobody that may do anything: PostgreSQL refuses root.
            if owner {
                let mut chown = Command::new("chown");
                assert!(chown.args(["-R", "postgres"]).arg(path).status().unwrap().success());
                let up = path.ancestors().take_while(|up| *up != std::env::temp_dir());
                up.skip(1).for_each(|up| {
                    assert!(Command::new("chmod").arg("a+rx").arg(up).status().unwrap().success());
                });
            }
        };
        let run = |program: &str| {
            let path = programs.join(program);
            let mut command = Command::new(if owner { "setpriv".into() } else { path.clone() });
            if owner {
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
            }
            command.stdin(Stdio::null()).current_dir("/");
            command
        };
        own(&folder);
        let output = run("initdb")
            .args(["--username=admin", "--auth=trust", "--auth-host=scram-sha-256", "--no-sync", "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (certificate, key) = (data.join("server.crt"), data.join("server.key"));
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]);
        openssl
            .args([
                "-addext",
                "subjectAltName=DNS:localhost",
                "-addext",
                "basicConstraints=CA:FALSE",
                "-keyout",
            ])
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        assert!(openssl.output().unwrap().status.success());
        own(&data);
        let port = free_port();
        let mut command = run("postgres");
        command.args(["-c", "ssl=on", "-c", "fsync=off", "-c", "listen_addresses=localhost"]);
        command
            .arg("-c")
            .arg(format!("port={port}"))
            .arg("-c")
            .arg(format!("unix_socket_directories={}", folder.display()));
        command.arg("-D").arg(&data);
        let mut process = Process::start("postgres", command, &scratch.path().join("postgres.log"));
        wait(&mut process, || {
            TcpStream::connect(("localhost", port)).is_ok()
                && folder.join(format!(".s.PGSQL.{port}")).exists()
        });
        let public = scratch.path().join("authority.pem");
        std::fs::copy(&certificate, &public).unwrap();
        let server = Postgres { process, port, programs: programs.clone(), certificate: public };
        let setup = format!(
            "CREATE ROLE quant LOGIN PASSWORD '{}'; CREATE DATABASE results OWNER quant",
            Postgres::PASSWORD
        );
        for statement in setup.split("; ") {
            let mut psql = Command::new(programs.join("psql"));
            psql.arg("-h").arg(&folder).args([
                "-p",
                &port.to_string(),
                "-U",
                "admin",
                "-c",
                statement,
                "postgres",
            ]);
            // It answers a moment after its socket is there.
            let began = Instant::now();
            while !psql.output().unwrap().status.success() {
                assert!(began.elapsed() < PATIENCE, "{}", server.process.tail());
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        Some(server)
    }

    /// The destination, without a password.
    pub fn url(&self) -> String {
        format!("postgres://quant@localhost:{}/results", self.port)
    }

    /// What a query answers: a line a row, `|` between the columns, by PostgreSQL's own client.
    pub fn ask(&self, query: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-v", "ON_ERROR_STOP=1", "-At", "-c", query]).arg(self.url());
        let output = psql.env("PGPASSWORD", Postgres::PASSWORD).output().unwrap();
        assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.process.kill();
    }
}
