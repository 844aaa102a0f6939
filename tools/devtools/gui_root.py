"""Debian root folders with a windowed Blender, for machines that have none: made once, entered with chroot.

Blender's Python module has no window, and the Blender of an older distribution is too old. Debian 13 packages 4.3.2,
which lies between the versions that the module tests cover; the unstable Debian follows Blender's newest release.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from .console import DevError, Steps, run_followed, say
from .environments import STAMP, locked
from .paths import cache_folder

PACKAGES = (
    "blender",
    "ca-certificates",
    "imagemagick",
    "libegl1",
    "libgl1-mesa-dri",
    "mesa-vulkan-drivers",
    "openbox",
    "python3-numpy",
    "python3-venv",
    "xauth",
    "xdotool",
    "xvfb",
)


@dataclass(frozen=True)
class Debian:
    """A suite of Debian, what is installed of it, and whether its Blender changes with time."""

    suite: str
    packages: tuple[str, ...] = PACKAGES
    rolling: bool = False


TRIXIE = Debian("trixie")
# Blender's extensions import three modules that the package of the unstable Debian forgets to depend on.
SID = Debian("sid", (*PACKAGES, "python3-cattr", "python3-requests", "python3-zstandard"), rolling=True)
WINDOWED = {"4.3": TRIXIE, "newest": SID}
"""The Blenders with a window that are tested where this machine has none of its own, the oldest first."""

CA_BUNDLE = "etc/ssl/certs/ca-certificates.crt"

ENTER = """
root=$1; shift
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/tmp"
while [ "$1" != -- ]; do
    if [ -d "$2" ]; then mkdir -p "$root$2"; else mkdir -p "$(dirname "$root$2")"; touch "$root$2"; fi
    mount --bind "$2" "$root$2"
    if [ "$1" = ro ]; then mount -o remount,bind,ro "$root$2"; fi
    shift 2
done
shift
chroot "$root" "$@" || exit $?
"""
"""Mounts what a program needs and runs it in the root.

It runs in a mount namespace of its own, which the kernel takes down with the last process: however this tool ends,
nothing stays mounted on the machine. The shell stays as the first process of its process namespace, because an X server
does not tell a first process that it is ready, and xvfb-run would wait for ever.
"""


@dataclass(frozen=True)
class Binds:
    """Folders and files of this machine that appear in the root under the same path."""

    writable: Sequence[Path] = ()
    readable: Sequence[Path] = ()
    words: list[str] = field(init=False)

    def __post_init__(self) -> None:
        words = [word for path in self.readable for word in ("ro", str(path))]
        words += [word for path in self.writable for word in ("rw", str(path))]
        object.__setattr__(self, "words", words)


NO_BINDS = Binds()


def inside(root: Path, command: Sequence[str], binds: Binds = NO_BINDS) -> list[str]:
    """Give the command that runs another one in the root. Killing it kills everything it started."""
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    return [*apart, "sh", "-eu", "-c", ENTER, "sh", str(root), *binds.words, "--", *command]


def root_name(debian: Debian, today: date) -> str:
    """Give the folder of a root: another list of packages gives another name, so no root is ever half updated.

    A rolling suite has the month in its name. With the day every run of the next morning would wait for a new root,
    although a Blender is released three or four times a year; without any date one root would stay for ever.
    """
    digest = hashlib.sha256(" ".join((debian.suite, *debian.packages)).encode()).hexdigest()[:10]
    return f"{_prefix(debian, today)}{digest}"


def _prefix(debian: Debian, today: date) -> str:
    return f"{debian.suite}-{today:%Y-%m}-" if debian.rolling else f"{debian.suite}-"


def gui_root(debian: Debian) -> Path:
    """Give the root folder of a suite, making it first where needed.

    Raises:
        DevError: This machine cannot make one (it is not Linux, or this is not root), the suite cannot be reached or
            installed, or its Blender does not start.
    """
    today = date.today()
    root = cache_folder() / "gui" / root_name(debian, today)
    if (root / STAMP).exists():
        return root
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not Path("/proc/self/ns/mnt").exists():
        raise DevError(
            "Testing the window needs a windowed Blender 4.2 or newer. Either install one, with Xvfb, openbox, xdotool "
            "and ImageMagick (NN_BLENDER_BINARY names it where it is not on PATH), or run this as root on Linux: "
            "it then makes Debian root folders with everything, about 2 GB each."
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    with locked(root.with_name(f"{root.name}.lock"), "gui"):
        if not (root / STAMP).exists():
            _make(debian, root)
            remove_outdated(debian, root.parent, today)
    return root


def remove_outdated(debian: Debian, folder: Path, today: date) -> None:
    """Remove the roots of a rolling suite that were made in other months."""
    for path in folder.glob(f"{debian.suite}-*"):
        if path.name.startswith(_prefix(debian, today)):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _make(debian: Debian, root: Path) -> None:
    """Build under a temporary name and rename when complete: an interrupted run leaves nothing that looks finished."""
    partial = root.with_name(f"{root.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    say(f"[gui] setting up Debian {debian.suite} with a windowed Blender, about 2 GB, in {root}")
    steps = Steps("gui")
    if not shutil.which("debootstrap"):
        steps.step("installing debootstrap")
        _install_debootstrap(steps)
    steps.step("debootstrap")
    apart = ["unshare", "--mount", "--propagation", "private"]
    run_followed([*apart, "debootstrap", "--variant=minbase", debian.suite, partial], steps, _debootstrap_step)
    _copy_network_settings(partial)
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get"]
    install = [*apt, "install", "-y", "--no-install-recommends", *debian.packages]
    for command in ([*apt, "update"], install, [*apt, "clean"]):
        run_followed(inside(partial, command), steps, _apt_step)
    _copy_certificates(partial)
    lines: list[str] = []
    run_followed(inside(partial, ["blender", "--version"]), steps, lines.append)
    version = next(line for line in lines if line.startswith("Blender "))
    (partial / STAMP).write_text(f"{version}\n", encoding="utf-8")
    partial.rename(root)
    steps.done(f"{version} is ready")


def _install_debootstrap(steps: Steps) -> None:
    if not shutil.which("apt-get"):
        raise DevError("debootstrap is not installed. Install it with this distribution's package manager.")
    run_followed(["apt-get", "update"], steps, _apt_step)
    run_followed(["apt-get", "install", "-y", "debootstrap", "debian-archive-keyring"], steps, _apt_step)


def _copy_network_settings(root: Path) -> None:
    """Let apt in the root reach the network the way this machine does: name resolution and proxies."""
    for name in ("resolv.conf", "hosts"):
        source = Path("/etc") / name
        if source.exists():
            (root / "etc" / name).write_bytes(source.read_bytes())
    # Release files of a rolling suite expire after a week; a mirror that is older has a Blender to test all the same.
    settings = ['APT::Sandbox::User "root";', 'Acquire::Check-Valid-Until "false";']
    if shutil.which("apt-config"):
        dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
        settings += [line for line in dump.splitlines() if line.startswith("Acquire::") and "proxy" in line.lower()]
    (root / "etc/apt/apt.conf.d/99host").write_text("\n".join(settings) + "\n", encoding="utf-8")


def _copy_certificates(root: Path) -> None:
    """Trust in the root what this machine trusts, such as a company's own certificate authority."""
    bundle = Path(os.environ.get("SSL_CERT_FILE") or f"/{CA_BUNDLE}")
    if bundle.exists():
        (root / CA_BUNDLE).write_bytes(bundle.read_bytes())


def _debootstrap_step(line: str) -> str | None:
    text = line.removeprefix("I: ")
    return (
        text
        if text.startswith(("Retrieving Packages", "Unpacking the base", "Configuring the base", "Base system"))
        else None
    )


def _apt_step(line: str) -> str | None:
    wanted = ("Need to get", "Unpacking blender", "Setting up blender", "Fetched", "Processing triggers for libc")
    return line if line.startswith(wanted) else None
