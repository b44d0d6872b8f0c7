// Raw `lxc.*` lines of a container's file: no program sets them, and Proxmox drops unknown keys when it next writes the file. From pve-container,
// PVE/LXC/Config.pm: valid_lxc_conf_keys, deprecated_lxc_conf_keys, is_valid_lxc_conf_key.

/** Key and value of a line. */
export const RAW_LINE = /^(lxc\.[a-z0-9_.-]+)(?::|\s*=)\s*(.*?)\s*$/;

const KEPT: ReadonlySet<string> = new Set(
  'apparmor.profile apparmor.allow_incomplete apparmor.allow_nesting apparmor.raw selinux.context include arch uts.name signal.halt signal.reboot signal.stop init.cmd init.cwd init.uid init.gid init.groups pty.max console.logfile console.path tty.max devtty.dir hook.autodev autodev kmsg mount.fstab mount.entry mount.auto rootfs.mount cap.drop cap.keep seccomp.profile seccomp.notify.proxy seccomp.notify.cookie idmap hook.pre-start hook.pre-mount hook.mount hook.start hook.stop hook.post-stop hook.clone hook.destroy hook.version log.level log.file start.auto start.delay start.order group environment environment.runtime environment.hooks sysctl.fs.mqueue sysctl.kernel.msgmax sysctl.kernel.msgmnb sysctl.kernel.msgmni sysctl.kernel.sem sysctl.kernel.shmall sysctl.kernel.shmmax sysctl.kernel.shmmni sysctl.kernel.shm_rmid_forced'
    .split(' ')
    .map((key) => `lxc.${key}`),
);

/** Deprecated keys that Proxmox keeps with a warning although LXC rejects them since 3.0, with their new names. */
const RENAMED: Readonly<Record<string, string>> = {
  'lxc.aa_profile': 'lxc.apparmor.profile',
  'lxc.aa_allow_incomplete': 'lxc.apparmor.allow_incomplete',
  'lxc.console': 'lxc.console.path',
  'lxc.devttydir': 'lxc.tty.dir',
  'lxc.haltsignal': 'lxc.signal.halt',
  'lxc.rebootsignal': 'lxc.signal.reboot',
  'lxc.stopsignal': 'lxc.signal.stop',
  'lxc.id_map': 'lxc.idmap',
  'lxc.init_cmd': 'lxc.init.cmd',
  'lxc.loglevel': 'lxc.log.level',
  'lxc.logfile': 'lxc.log.file',
  'lxc.mount': 'lxc.mount.fstab',
  'lxc.network.type': 'lxc.net.INDEX.type',
  'lxc.network.flags': 'lxc.net.INDEX.flags',
  'lxc.network.link': 'lxc.net.INDEX.link',
  'lxc.network.mtu': 'lxc.net.INDEX.mtu',
  'lxc.network.name': 'lxc.net.INDEX.name',
  'lxc.network.hwaddr': 'lxc.net.INDEX.hwaddr',
  'lxc.network.ipv4': 'lxc.net.INDEX.ipv4.address',
  'lxc.network.ipv4.gateway': 'lxc.net.INDEX.ipv4.gateway',
  'lxc.network.ipv6': 'lxc.net.INDEX.ipv6.address',
  'lxc.network.ipv6.gateway': 'lxc.net.INDEX.ipv6.gateway',
  'lxc.network.script.up': 'lxc.net.INDEX.script.up',
  'lxc.network.script.down': 'lxc.net.INDEX.script.down',
  'lxc.pts': 'lxc.pty.max',
  'lxc.se_context': 'lxc.selinux.context',
  'lxc.seccomp': 'lxc.seccomp.profile',
  'lxc.tty': 'lxc.tty.max',
  'lxc.utsname': 'lxc.uts.name',
};

const REFUSED: Readonly<Record<string, string>> = {
  'lxc.rootfs.path': 'lxc.rootfs.path is auto generated from rootfs',
  'lxc.rootfs.options': 'lxc.rootfs.options is not supported, please use mount point options in the "rootfs" key',
};

/** How Proxmox handles a key. `renamed` and `deprecated` are kept with a warning, `refused` and `unknown` dropped with one. */
export type RawKey =
  | { readonly kind: 'kept' | 'deprecated' | 'unknown' }
  | { readonly kind: 'renamed'; readonly to: string }
  | { readonly kind: 'refused'; readonly why: string };

/** @param key for example `lxc.mount.auto` */
export function rawKey(key: string): RawKey {
  if (key.startsWith('lxc.limit.')) return { kind: 'renamed', to: `lxc.prlimit.${key.slice('lxc.limit.'.length)}` };
  const to = Object.hasOwn(RENAMED, key) ? RENAMED[key] : undefined;
  if (to !== undefined) return { kind: 'renamed', to };
  const why = Object.hasOwn(REFUSED, key) ? REFUSED[key] : undefined;
  if (why !== undefined) return { kind: 'refused', why };
  if (KEPT.has(key)) return { kind: 'kept' };
  if (key.startsWith('lxc.cgroup.')) return { kind: 'deprecated' };
  return { kind: /^lxc\.(cgroup2|prlimit|net)\./.test(key) ? 'kept' : 'unknown' };
}
