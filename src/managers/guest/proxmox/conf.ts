// Parses the configuration file of a guest under /etc/pve, and makes the few edits that no Proxmox command offers (raw `lxc.*` lines; disk-lines.ts
// removes volumes before a guest is destroyed).

import { fitting } from '../../../model/text.ts';
import { RAW_LINE } from '../../../proxmox/raw-lines.ts';
import type { Program } from './command.ts';

export type Settings = Readonly<Record<string, string>>;

export interface RawLine {
  /** For example `lxc.apparmor.profile`. */
  readonly key: string;
  readonly value: string;
}

export interface GuestConf {
  /** The content of the file. */
  readonly text: string;
  /** The decoded notes, without trailing line ends. */
  readonly description: string;
  /** `key: value` of the main section. */
  readonly settings: Settings;
  readonly raw: readonly RawLine[];
  /** Changes that are pending until the next start. */
  readonly pending: Settings;
  readonly pendingDeletes: readonly string[];
  /** Values in cloud-init's last drive, where they have changed since. */
  readonly cloudinit: Settings;
  /** Names of the snapshots, oldest first. */
  readonly snapshots: readonly string[];
}

const SETTING = /^([a-z][a-z0-9_-]*):\s*(.*?)\s*$/;
/** The section headings of pending changes: in containers and in VMs. */
export const PENDING: ReadonlySet<string> = new Set(['pve:pending', 'PENDING']);

/** Section headings of a container. Any other line that looks like a heading is ignored, and the section continues. */
const OF_CONTAINER = /^\[(pve:pending|[a-z][a-z0-9_-]+)\]\s*$/i;

/**
 * Reads `/etc/pve/lxc/ID.conf` or `/etc/pve/qemu-server/ID.conf`. Unknown lines are ignored, as in Proxmox.
 *
 * @param program the kind of guest
 */
export function parseConf(text: string, program: Program = 'qm'): GuestConf {
  const sections = new Map<string, Record<string, string>>([['', Object.create(null)]]);
  let notes = '';
  const raw: RawLine[] = [];
  let name = '';
  for (const line of text.split('\n')) {
    const section = (program === 'pct' ? OF_CONTAINER : /^\[([^\]]+)\]\s*$/).exec(line)?.[1];
    if (section !== undefined) {
      name = PENDING.has(section) ? 'pve:pending' : section;
      sections.set(name, Object.create(null));
    } else if (line.startsWith('#')) {
      if (name === '') notes += `${decodeNotes(line.slice(1))}\n`;
    } else {
      const [, key, value] = RAW_LINE.exec(line) ?? [];
      const [, setting, content] = SETTING.exec(line) ?? [];
      if (key !== undefined && value !== undefined) {
        if (name === '') raw.push({ key, value });
      } else if (setting === 'description' && name === '') {
        // A legacy form of notes, which Proxmox still reads without a line end, and rewrites with the next change.
        notes += decodeNotes(content ?? '');
      } else if (setting !== undefined) (sections.get(name) ?? {})[setting] = content ?? '';
    }
  }
  const { delete: deletes = '', ...pending } = sections.get('pve:pending') ?? {};
  return {
    text,
    description: notes.replace(/\n+$/, ''),
    settings: sections.get('') ?? {},
    raw,
    pending,
    pendingDeletes: deletes
      .split(/[,;\s]+/)
      .filter((key) => key !== '')
      .map((key) => key.replace(/^!/, '')),
    cloudinit: sections.get('special:cloudinit') ?? {},
    snapshots: snapshotsIn(sections),
  };
}

/** Proxmox writes snapshots sorted by name. Of two within the same second, the one whose parent is the other is later. */
function snapshotsIn(sections: ReadonlyMap<string, Settings>): string[] {
  const names = [...sections.keys()].filter((section) => section !== '' && !section.includes(':'));
  const ancestors = (name: string, seen: readonly string[] = []): number => {
    const parent = sections.get(name)?.['parent'];
    return parent === undefined || seen.includes(parent) ? seen.length : ancestors(parent, [...seen, parent]);
  };
  const taken = (name: string) => Number(sections.get(name)?.['snaptime'] ?? 0);
  return names.sort((a, b) => taken(a) - taken(b) || ancestors(a) - ancestors(b));
}

/** The settings as they will be after the next start. */
export function upcoming(conf: GuestConf): Settings {
  const merged = { ...conf.settings, ...conf.pending };
  for (const key of conf.pendingDeletes) delete merged[key];
  return merged;
}

/**
 * The file with other raw lines and notes; everything else stays byte for byte, including raw lines that stay.
 *
 * @throws Error for an option that is not a single line
 */
export function withRawLines(text: string, raw: readonly RawLine[], description: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => line.startsWith('['));
  const main = (end < 0 ? lines : lines.slice(0, end)).filter((line) => !/^(#|description:)/.test(line));
  const written = main.filter((line) => RAW_LINE.test(line));
  const others = main.filter((line) => !RAW_LINE.test(line) && line !== '');
  const printed = raw.map((option) => {
    const at = written.findIndex((line) => {
      const [, key, value] = RAW_LINE.exec(line) ?? [];
      return key === option.key && value === option.value;
    });
    return at < 0 ? printRaw(option) : (written.splice(at, 1)[0] ?? '');
  });
  const rest = end < 0 ? [] : ['', ...lines.slice(end)];
  const notes = description === '' ? [] : description.split('\n').map((line) => `#${encodeNotes(line)}`);
  const whole = [...notes, ...others, ...printed, ...rest].join('\n');
  return whole.endsWith('\n') ? whole : `${whole}\n`;
}

/** Trimmed, since Proxmox does not read back surrounding spaces. */
function printRaw({ key, value }: RawLine): string {
  const what = 'the configuration of a container';
  const name = fitting(key, /^lxc\.[a-z0-9_.-]+$/, what);
  return value === '' ? `${name}:` : `${name}: ${fitting(value, /^\S(.*\S)?$/, what)}`;
}

function encodeNotes(line: string): string {
  return line.toWellFormed().replace(/[%:\p{Cc}]|[^\p{ASCII}]/gu, (character) => encodeURIComponent(character));
}

/** As Proxmox decodes them: a `%` that is not followed by two hexadecimal digits is literal. */
function decodeNotes(line: string): string {
  const bytes = Buffer.from(line)
    .toString('latin1')
    .replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
