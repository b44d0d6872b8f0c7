// The options that may stand in a guest's file, and the raw LXC lines that may stand in a container's.

import { formatProblem } from '../../../proxmox/formats.ts';
import { booleanOf } from '../../../proxmox/perl.ts';
import { parsePropertyString } from '../../../proxmox/property-string.ts';
import { configOption, propertiesOf, type Schema } from '../../../proxmox/table.ts';
import type { GuestKind } from '../node.ts';

/** Parameters of `set` that are no options of a guest. */
const NO_OPTION = /^(delete|revert|digest|node|vmid|force|skiplock|background_delay|import-working-storage|cdrom)$/;

/** Options that only the programs themselves write. */
const INTERNAL: Record<string, Schema> = {
  parent: {},
  snaptime: { type: 'integer' },
  meta: {},
  vmstate: {},
  runningmachine: {},
  runningcpu: {},
  'running-nets-host-mtu': {},
};

/** The schema of an option as it may stand in a guest's file. */
export function optionSchema(kind: GuestKind, name: string): Schema | undefined {
  if (NO_OPTION.test(name)) return undefined;
  return configOption(kind, name) ?? (kind === 'lxc' && !/^(parent|snaptime)$/.test(name) ? undefined : INTERNAL[name]);
}

/** A value as the file's reader normalises it, or why it cannot be one (with Proxmox's line ends left out). */
export function readValue(kind: GuestKind, name: string, value: string): { value: string } | { problem: string } {
  const schema = optionSchema(kind, name);
  if (schema === undefined) return { problem: `unknown setting '${name}'` };
  const wrong = { problem: `type check ('${schema.type}') failed - got '${value}'` };
  if (schema.type === 'boolean') {
    const flag = booleanOf(value);
    return flag === undefined ? wrong : { value: flag };
  }
  if (schema.type === 'integer') return /^\d+$/.test(value) ? { value: String(BigInt(value)) } : wrong;
  if (schema.type === 'number') return /^\d+(\.\d+)?$/.test(value) ? { value } : wrong;
  if (schema.format === undefined) return { value: kind === 'qemu' ? value.replace(/^"(.*)"$/, '$1') : value };
  if (propertiesOf(schema.format) === undefined) {
    const problem = formatProblem(schema.format, value);
    return problem === undefined ? { value } : { problem };
  }
  const read = parsePropertyString(schema.format, value);
  return read.ok ? { value } : { problem: read.errors.join('\n') };
}

export const RAW_KEYS = new Set(
  'apparmor.profile apparmor.allow_incomplete apparmor.allow_nesting apparmor.raw selinux.context include arch uts.name signal.halt signal.reboot signal.stop init.cmd init.cwd init.uid init.gid init.groups pty.max console.logfile console.path tty.max devtty.dir hook.autodev autodev kmsg mount.fstab mount.entry mount.auto rootfs.mount cap.drop cap.keep seccomp.profile seccomp.notify.proxy seccomp.notify.cookie idmap hook.pre-start hook.pre-mount hook.mount hook.start hook.stop hook.post-stop hook.clone hook.destroy hook.version log.level log.file start.auto start.delay start.order group environment environment.runtime environment.hooks sysctl.fs.mqueue sysctl.kernel.msgmax sysctl.kernel.msgmnb sysctl.kernel.msgmni sysctl.kernel.sem sysctl.kernel.shmall sysctl.kernel.shmmax sysctl.kernel.shmmni'
    .split(' ')
    .map((key) => `lxc.${key}`),
);

/** Names of old that are kept with a warning, and what they were renamed to. */
export const RENAMED: Record<string, string> = {
  'lxc.aa_profile': 'lxc.apparmor.profile',
  'lxc.aa_allow_incomplete': 'lxc.apparmor.allow_incomplete',
  'lxc.console': 'lxc.console.path',
  'lxc.id_map': 'lxc.idmap',
  'lxc.mount': 'lxc.mount.fstab',
  'lxc.pts': 'lxc.pty.max',
  'lxc.se_context': 'lxc.selinux.context',
  'lxc.seccomp': 'lxc.seccomp.profile',
  'lxc.tty': 'lxc.tty.max',
  'lxc.utsname': 'lxc.uts.name',
};

export const REFUSED: Record<string, string> = {
  'lxc.rootfs.options': "'lxc.rootfs.options is not supported'",
  'lxc.rootfs.path': "'lxc.rootfs.path is auto generated from rootfs'",
};
