"""A Debian root folder with a windowed Blender, for machines that have none: made once, entered with chroot.

Blender's Python module has no window, and the Blender of an older distribution is too old. Debian 13 packages 4.3.2,
which lies between the versions that the module tests cover.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .console import DevError, Steps, run_followed, say
from .environments import STAMP, locked
from .paths import cache_folder

SUITE = "trixie"
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


def gui_root() -> Path:
    """Give the root folder, making it first where needed.

    Raises:
        DevError: This machine cannot make one: it is not Linux, or this is not root.
    """
    digest = hashlib.sha256(" ".join((SUITE, *PACKAGES)).encode()).hexdigest()[:10]
    root = cache_folder() / "gui" / f"{SUITE}-{digest}"
    if (root / STAMP).exists():
        return root
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not Path("/proc/self/ns/mnt").exists():
        raise DevError(
            "Testing the window needs a windowed Blender 4.2 or newer. Either install one, with Xvfb, openbox, xdotool "
            "and ImageMagick (NN_BLENDER_BINARY names it where it is not on PATH), or run this as root on Linux: "
            "it then makes a Debian root folder with everything, about 2 GB."
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    with locked(root.with_name(f"{root.name}.lock"), "gui"):
        if not (root / STAMP).exists():
            _make(root)
    return root


def _make(root: Path) -> None:
    """Build under a temporary name and rename when complete: an interrupted run leaves nothing that looks finished."""
    partial = root.with_name(f"{root.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    say(f"[gui] setting up Debian {SUITE} with a windowed Blender, once, about 2 GB, in {root}")
    steps = Steps("gui")
    if not shutil.which("debootstrap"):
        steps.step("installing debootstrap")
        _install_debootstrap(steps)
    steps.step("debootstrap")
    apart = ["unshare", "--mount", "--propagation", "private"]
    run_followed([*apart, "debootstrap", "--variant=minbase", SUITE, partial], steps, _debootstrap_step)
    _copy_network_settings(partial)
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get"]
    run_followed(inside(partial, [*apt, "update"]), steps, _apt_step)
    run_followed(inside(partial, [*apt, "install", "-y", "--no-install-recommends", *PACKAGES]), steps, _apt_step)
    run_followed(inside(partial, [*apt, "clean"]), steps, _apt_step)
    _copy_certificates(partial)
    version = subprocess.run(inside(partial, ["blender", "--version"]), capture_output=True, text=True, check=True)
    (partial / STAMP).write_text(version.stdout, encoding="utf-8")
    partial.rename(root)
    steps.done(version.stdout.splitlines()[0].strip() + " is ready")


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
    settings = ['APT::Sandbox::User "root";']
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
