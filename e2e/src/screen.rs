//! A terminal of its own with a program in it, and what a person sees there.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{self, Pty};

/// How long a program may take to show or end what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal, and the program in it, which is gone when this is dropped.
pub struct Screen {
    child: Child,
    pty: Arc<Pty>,
    shown: Arc<Mutex<vt100::Parser>>,
    reader: Option<JoinHandle<()>>,
}

impl Screen {
    /// Starts a program in a terminal of so many rows and columns. `before`: what stands there already.
    pub fn start(command: &Command, (rows, columns): (u16, u16), before: &str) -> Screen {
        let (pty, pts) = blocking::open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        // As a shell in a terminal starts it: whoever runs the tests in the background has Ctrl-C ignored, which is inherited.
        let mut started = blocking::Command::new("/usr/bin/env")
            .arg("--default-signal=INT")
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            started = match value {
                Some(value) => started.env(name, value),
                None => started.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            started = started.current_dir(folder);
        }
        let child = started.env("TERM", "xterm-256color").spawn(pts).unwrap();
        let some = |n: u16| std::num::NonZeroU16::new(n).unwrap();
        let mut parser = vt100::Parser::new(some(rows), some(columns), 0);
        parser.process(before.replace('\n', "\r\n").as_bytes());
        let (pty, shown) = (Arc::new(pty), Arc::new(Mutex::new(parser)));
        let reader = {
            let (pty, shown) = (Arc::clone(&pty), Arc::clone(&shown));
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                // Once the program has gone, reading fails.
                while let Ok(got @ 1..) = (&*pty).read(&mut bytes) {
                    shown.lock().unwrap().process(&bytes[..got]);
                }
            })
        };
        Screen { child, pty, shown, reader: Some(reader) }
    }

    /// What a person sees, line by line.
    pub fn text(&self) -> String {
        self.shown.lock().unwrap().screen().contents()
    }

    /// Waits until a person sees what is looked for.
    ///
    /// # Panics
    /// It is not shown in time.
    #[track_caller]
    pub fn shows(&self, what: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let text = self.text();
            if what(&text) {
                return text;
            }
            assert!(began.elapsed() < PATIENCE, "the terminal shows\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What a person types.
    pub fn types(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the program ends.
    ///
    /// # Panics
    /// It does not in time.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "it still runs; the terminal shows\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        };
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }

    /// Whether the terminal is as a shell left it: the cursor is visible, and no other screen is shown.
    pub fn is_restored(&self) -> bool {
        let shown = self.shown.lock().unwrap();
        !shown.screen().hide_cursor() && !shown.screen().alternate_screen()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
