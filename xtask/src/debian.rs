//! Packages of the machine: installed through apt where that is possible (Debian or a derivative, as root), else named
//! in an error. Nothing is installed unless the task at hand needs it and it is missing.

use crate::error::{Error, Result};
use crate::process::{lock, output, program, run, show};

/// Makes sure that Debian's packages `names` are installed.
///
/// # Errors
/// They are missing, and this is not Debian, or we are not root, or apt fails; the hint says what to install.
pub fn install(names: &[&str]) -> Result<()> {
    if names.iter().all(|name| is_installed(name)) {
        return Ok(());
    }
    let _lock = lock("apt")?;
    let missing: Vec<&str> = names.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get install --no-install-recommends {}", missing.join(" "));
    if !has_apt() {
        return Err(Error::new(format!("missing, and there is no apt here: {}", missing.join(", "))));
    }
    if !is_root() {
        return Err(Error::new(format!("Debian packages are missing: {}", missing.join(", ")))
            .hint(format!("as root: {by_hand}")));
    }
    for arguments in [
        vec!["update", "-q"],
        [vec!["install", "-q", "-y", "-oDPkg::Lock::Timeout=300", "--no-install-recommends"], missing].concat(),
    ] {
        let mut command = program("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        println!("+ {}", show(&command));
        run(&mut command).map_err(|error| Error::new(error.to_string()).hint(format!("try by hand: {by_hand}")))?;
    }
    Ok(())
}

/// Whether apt is there to be asked.
pub fn has_apt() -> bool {
    output(program("apt-get").arg("--version")).is_ok()
}

fn is_installed(name: &str) -> bool {
    output(program("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", name]))
        .is_ok_and(|status| status == "installed")
}

fn is_root() -> bool {
    output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
