// The configuration files of containers and virtual machines: read as leniently and printed as exactly as Proxmox does.
import { createHash } from 'node:crypto';
import type { GuestKind } from './node.ts';
import { formatProblem } from './parameters/formats.ts';
import { booleanOf } from './parameters/perl.ts';
import { parsePropertyString, parseSize, printPropertyString } from './parameters/property-string.ts';
import { configOption, propertiesOf, type Schema } from './parameters/table.ts';

/** Options by name, `description` as plain text among them. */
export type Options = Record<string, string>;

/** A section: its options, and for containers the raw `lxc.*` lines in order. */
export type Section = { options: Options; raw: [key: string, value: string][] };

export type GuestFile = Section & {
  /** Changes that wait for the next start; a list under `delete` names the options that go. */
  pending: Section;
  snapshots: Record<string, Section>;
  /** Sections of a machine that only inform, such as what the cloud-init drive still holds. */
  special: Record<string, Options>;
  /** SHA-1 of the text as it was read. */
  digest: string;
};

export const emptySection = (): Section => ({ options: {}, raw: [] });
export const emptyFile = (): GuestFile => ({
  ...emptySection(),
  pending: emptySection(),
  snapshots: {},
  special: {},
  digest: '',
});

/** `%XX` for control characters, anything beyond ASCII, `%` and `:`. */
export function encodeText(text: string): string {
  return text.replaceAll(/[^\x20-\x24\x26-\x39\x3b-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** The text behind `%XX` sequences, as UTF-8. */
export function decodeText(text: string): string {
  const bytes = Buffer.from(text)
    .toString('latin1')
    .replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

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

const IS_DRIVE = /^(ide|scsi|virtio|sata)\d+$/;

/** Reads a file; what Proxmox warns about is in `warnings`, one line each. */
export function parseGuestFile(kind: GuestKind, id: number, text: string): { file: GuestFile; warnings: string[] } {
  const file: GuestFile = { ...emptyFile(), digest: createHash('sha1').update(text).digest('hex') };
  const warnings: string[] = [];
  const warn = (problem: string): void => void warnings.push(`vm ${id} - ${problem}`);
  let section: Section | undefined = file;
  let name = '';
  let description: string | undefined;
  const finish = (): void => {
    if (section !== undefined && description !== undefined && (kind === 'qemu' || description !== '')) {
      section.options['description'] = kind === 'qemu' ? description.trimEnd() : description;
    }
    description = undefined;
  };
  for (const line of text.split('\n')) {
    if (/^\s*$/.test(line)) continue;
    const [, header] = /^\[([^\]]*)\]\s*$/.exec(line) ?? [];
    if (header !== undefined && (kind === 'qemu' || /^(pve:pending|[a-z][a-z0-9_-]+)$/i.test(header))) {
      finish();
      name = header.toLowerCase();
      section = openSection(kind, file, header);
      if (section === undefined) warn(`skipping unknown section: '${header}'`);
      continue;
    }
    if (section === undefined) continue;
    const [, comment] = /^#(.*)$/.exec(line) ?? [];
    const [, plain] = /^description:\s*(.*\S)\s*$/.exec(line) ?? [];
    const [, rawKey, rawValue = ''] = (kind === 'lxc' && /^(lxc\.[a-z0-9_.-]+)(?::|\s*=)\s*(.*?)\s*$/.exec(line)) || [];
    const [, key, value = ''] =
      (kind === 'lxc' ? /^([a-z][a-z_]*\d*):\s*(.+?)\s*$/ : /^([a-z][a-z_-]*\d*):\s*(.+?)\s*$/).exec(line) ?? [];
    if (comment !== undefined) description = `${description ?? ''}${decodeText(comment)}\n`;
    else if (rawKey !== undefined) readRaw(section, rawKey, rawValue, line, warn);
    else if (plain !== undefined) description = `${description ?? ''}${decodeText(plain)}`;
    else if (/snapstate:\s*(prepare|delete)\s*$/.test(line)) section.options['snapstate'] = value;
    else if (key === undefined) warn(`unable to parse config: ${line}`);
    else if (key === 'delete') {
      if (section === file.pending) section.options['delete'] = value;
      else warn(`property 'delete' is only allowed in [${kind === 'lxc' ? 'pve:pending' : 'PENDING'}]`);
    } else if (name === 'special:cloudinit' || (kind === 'qemu' && key === 'args')) section.options[key] = value;
    else readOption(kind, section, key === 'cdrom' && kind === 'qemu' ? 'ide2' : key, value, warn);
  }
  finish();
  delete file.options['snapstate'];
  return { file, warnings };
}

function openSection(kind: GuestKind, file: GuestFile, header: string): Section | undefined {
  if (header.toLowerCase() === (kind === 'lxc' ? 'pve:pending' : 'pending')) {
    file.pending = emptySection();
    return file.pending;
  }
  const [, special] = (kind === 'qemu' && /^special:(cloudinit|fleecing)$/i.exec(header)) || [];
  const section = emptySection();
  if (special !== undefined) file.special[special] = section.options;
  else if (/^[a-z][a-z0-9_-]+$/i.test(header)) file.snapshots[header] = section;
  else return undefined;
  return section;
}

function readOption(
  kind: GuestKind,
  section: Section,
  key: string,
  value: string,
  warn: (problem: string) => void,
): void {
  const read = readValue(kind, key, value);
  if ('problem' in read) {
    warn(`unable to parse value of '${key}' - ${read.problem}`);
    if (kind === 'lxc') section.options[key] = value;
    return;
  }
  if (kind === 'qemu' && IS_DRIVE.test(key)) {
    const drive = parsePropertyString(`qemu/${key.replace(/\d+$/, '')}`, read.value);
    if (!drive.ok) {
      warn(`unable to parse value of '${key}'`);
      return;
    }
    const size = drive.properties['size'] === undefined ? {} : { size: String(parseSize(drive.properties['size'])) };
    section.options[key] = printPropertyString(`qemu/${key.replace(/\d+$/, '')}`, { ...drive.properties, ...size });
  } else section.options[key] = read.value;
}

const RAW_KEYS = new Set(
  'apparmor.profile apparmor.allow_incomplete apparmor.allow_nesting apparmor.raw selinux.context include arch uts.name signal.halt signal.reboot signal.stop init.cmd init.cwd init.uid init.gid init.groups pty.max console.logfile console.path tty.max devtty.dir hook.autodev autodev kmsg mount.fstab mount.entry mount.auto rootfs.mount cap.drop cap.keep seccomp.profile seccomp.notify.proxy seccomp.notify.cookie idmap hook.pre-start hook.pre-mount hook.mount hook.start hook.stop hook.post-stop hook.clone hook.destroy hook.version log.level log.file start.auto start.delay start.order group environment environment.runtime environment.hooks sysctl.fs.mqueue sysctl.kernel.msgmax sysctl.kernel.msgmnb sysctl.kernel.msgmni sysctl.kernel.sem sysctl.kernel.shmall sysctl.kernel.shmmax sysctl.kernel.shmmni'
    .split(' ')
    .map((key) => `lxc.${key}`),
);
/** Names of old that are kept with a warning, and what they were renamed to. */
const RENAMED: Record<string, string> = {
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
const REFUSED: Record<string, string> = {
  'lxc.rootfs.options': "'lxc.rootfs.options is not supported'",
  'lxc.rootfs.path': "'lxc.rootfs.path is auto generated from rootfs'",
};

function readRaw(section: Section, key: string, value: string, line: string, warn: (problem: string) => void): void {
  if (key === 'lxc.environment.runtime') {
    const earlier = section.options['env'];
    section.options['env'] = earlier === undefined ? value : `${earlier}\0${value}`;
    return;
  }
  if (REFUSED[key] !== undefined) {
    warn(`${key}: ${REFUSED[key]}`);
    return;
  }
  if (key.startsWith('lxc.limit.')) warn(`${key}: lxc.limit.* was renamed to lxc.prlimit.*`);
  else if (RENAMED[key] !== undefined) warn(`${key} is deprecated and was renamed to ${RENAMED[key]}`);
  else if (key.startsWith('lxc.cgroup.')) warn(`${key} is deprecated, this will be a hard error in the future!`);
  else if (!RAW_KEYS.has(key) && !/^lxc\.(cgroup2|prlimit|net)\./.test(key)) {
    warn(`unable to parse config: ${line}`);
    return;
  }
  section.raw.push([key, value]);
}

/** Prints a file: description, options by name, raw lines; then pending changes, special sections and snapshots. */
export function printGuestFile(kind: GuestKind, file: GuestFile): string {
  const { pending } = file;
  const parts = [printSection(kind, file)];
  if (Object.keys(pending.options).length > 0)
    parts.push(`[${kind === 'lxc' ? 'pve:pending' : 'PENDING'}]\n${printSection(kind, pending, true)}`);
  for (const name of Object.keys(file.special).sort()) {
    const options = file.special[name] ?? {};
    if (name !== 'cloudinit' || hasCloudInit(file.options))
      parts.push(`[special:${name}]\n${printSection(kind, { options, raw: [] })}`);
  }
  for (const name of Object.keys(file.snapshots).sort())
    parts.push(`[${name}]\n${printSection(kind, file.snapshots[name] ?? emptySection())}`);
  return parts.join('\n');
}

/** Whether a volume is a cloud-init drive. */
export const isCloudInit = (volume: string): boolean =>
  /[:/](?:vm-\d+-)?cloudinit(?:\.(?:raw|qcow2|vmdk))?$/.test(volume);

/** Whether a machine has a cloud-init drive. */
export function hasCloudInit(options: Readonly<Options>): boolean {
  return Object.entries(options).some(([key, value]) => IS_DRIVE.test(key) && isCloudInit(value.split(',')[0] ?? ''));
}

function printSection(kind: GuestKind, { options, raw }: Section, pending = false): string {
  const { description, env, ...rest } = options;
  const lines = (description ?? '')
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => `#${encodeText(line)}`);
  const head =
    description === undefined || description === ''
      ? pending && kind === 'qemu' && description === ''
        ? ['#']
        : []
      : lines;
  const main = Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  const body = main.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value}`);
  const environment = (env ?? '')
    .split(/\0+/)
    .filter((variable) => variable !== '')
    .map((variable) => `lxc.environment.runtime: ${variable}`);
  return [...head, ...body, ...environment, ...raw.map(([key, value]) => `${key}: ${value}`)]
    .map((line) => `${line}\n`)
    .join('');
}
