// Parses the configuration file of a guest under /etc/pve, and makes the few edits that no Proxmox command offers (raw `lxc.*` lines; disk-lines.ts
// removes volumes before a guest is destroyed).

import { fitting } from '../../../model/text.ts';
import {
  holdsVolume,
  isDevice,
  isDropped,
  isUncertainForMachine,
  isUnknownInFile,
  isUnreadableVolume,
  isUnreadByMachine,
  readableParts,
  valueInFile,
} from '../../../proxmox/guests/file-values.ts';
import type { OptionsOf } from '../../../proxmox/guests/guest-options.ts';
import { RAW_LINE } from '../../../proxmox/guests/raw-lines.ts';
import type { Program } from './command.ts';

export type Settings = Readonly<Record<string, string>>;

export interface RawLine {
  /** For example `lxc.apparmor.profile`. */
  readonly key: string;
  readonly value: string;
}

/** A line below a heading of the file: of the pending changes, or of a snapshot. */
export interface SectionLine {
  /** `PENDING`, or the name of the snapshot. */
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** The value of an earlier line of the same key, which Proxmox keeps where it cannot read this one; absent where there is none. */
  readonly earlier?: string;
}

export interface GuestConf {
  /** The content of the file. */
  readonly text: string;
  /** The decoded notes, without trailing line ends. */
  readonly description: string;
  /** `key: value` of the main section. */
  readonly settings: Settings;
  /** The lines of the main section that Proxmox cannot read and takes for absent, as they are written. */
  readonly unreadable: Settings;
  /**
   * Lines of volumes, and of a VM's devices, in `settings` that Proxmox cannot read: it removes them with the next change of a VM, and does not start a
   * container with them.
   */
  readonly misread: Settings;
  /** Lines of volumes and devices in the other sections of a VM's file that Proxmox cannot read: it removes them alike. */
  readonly misreadElsewhere: readonly SectionLine[];
  /**
   * Further such lines of which something is unknown here, as `cache=later` or `scsi31`. Only the node knows whether it reads them: see
   * observe/unread-lines.ts. The section of those of the main section is empty.
   */
  readonly unknown: readonly SectionLine[];
  readonly raw: readonly RawLine[];
  /** Changes that are pending until the next start. */
  readonly pending: Settings;
  readonly pendingDeletes: readonly string[];
  /** Values in cloud-init's last drive, where they have changed since. */
  readonly cloudinit: Settings;
  /** Names of the snapshots, oldest first. */
  readonly snapshots: readonly string[];
}

/** A line that sets an option. A key alone is none. */
const SETTING = { pct: /^([a-z][a-z_]*\d*):\s*(.*?)\s*$/, qm: /^([a-z][a-z_-]*\d*):\s*(.*?)\s*$/ } as const;
/** The name that Proxmox reads as `ide2`. (qemu-server, PVE/QemuServer.pm, parse_vm_config) */
const OLD_CD = 'cdrom';
/** What Proxmox writes while it takes or deletes a snapshot. */
const SNAPSHOT_STATE = /snapstate:\s*(prepare|delete)\s*$/;
/** A legacy form of notes, which Proxmox still reads without a line end, and rewrites with the next change. */
const LEGACY_NOTES = /^description:\s*(.*?)\s*$/;

/** Section headings. In a container, any other line that looks like a heading is ignored, and the section continues. */
const HEADING = { pct: /^\[(pve:pending|[a-z][a-z0-9_-]+)\]\s*$/i, qm: /^\[([^\]]*)\]\s*$/ } as const;
/** The heading of pending changes. */
const PENDING = { pct: /^pve:pending$/i, qm: /^PENDING$/i } as const;
/** The other headings that Proxmox knows: it ignores the sections of a VM that have another. */
const KNOWN = { pct: /^/, qm: /^(special:(cloudinit|fleecing)|[a-z][a-z0-9_-]+)$/i } as const;

const OPTIONS: Readonly<Record<Program, OptionsOf>> = { pct: 'lxc', qm: 'qemu' };

/** Whether it is the heading of pending changes, in a container or a VM. */
export function isPending(heading: string): boolean {
  return PENDING.pct.test(heading) || PENDING.qm.test(heading);
}

/**
 * Reads `/etc/pve/lxc/ID.conf` or `/etc/pve/qemu-server/ID.conf`. Unknown lines are ignored, as in Proxmox.
 *
 * @param program the kind of guest
 */
export function parseConf(text: string, program: Program): GuestConf {
  const sections = sectionsOf(text, program);
  const read = new Map([...sections].map(([name, lines]) => [name, settingsIn(lines, program, name)]));
  const settings = new Map([...read].map(([name, one]) => [name, one.settings]));
  const main = sections.get('') ?? [];
  const { delete: deletes = '', ...pending } = settings.get(PENDING_SECTION) ?? {};
  return {
    text,
    description: notesIn(main, program),
    settings: settings.get('') ?? {},
    unreadable: read.get('')?.unreadable ?? {},
    misread: read.get('')?.misread ?? {},
    misreadElsewhere: program === 'qm' ? misreadOfSections(read) : [],
    unknown: unknownLines(read, program),
    raw: main.flatMap((line) => rawLine(line) ?? []),
    pending,
    pendingDeletes: deletes
      .split(/[,;\s]+/)
      .filter((key) => key !== '')
      .map((key) => key.replace(/^!/, '')),
    cloudinit: settings.get('special:cloudinit') ?? {},
    snapshots: snapshotsIn(settings),
  };
}

/** The lines of each section by its heading; those of the main section, which has none, by an empty name. Of two alike, the later counts. */
function sectionsOf(text: string, program: Program): ReadonlyMap<string, readonly string[]> {
  let lines: string[] = [];
  const sections = new Map([['', lines]]);
  for (const line of text.split('\n')) {
    const heading = HEADING[program].exec(line)?.[1];
    if (heading === undefined) lines.push(line);
    else {
      lines = [];
      const name = sectionName(heading, program);
      if (name !== undefined) sections.set(name, lines);
    }
  }
  return sections;
}

const PENDING_SECTION = 'pve:pending';
/** The same in a VM's file. */
export const PENDING_OF_VM = 'PENDING';

/** Undefined for a section that Proxmox ignores. */
function sectionName(heading: string, program: Program): string | undefined {
  if (PENDING[program].test(heading)) return PENDING_SECTION;
  return KNOWN[program].test(heading) ? heading.replace(/^special:/i, 'special:') : undefined;
}

interface SectionSettings extends Pick<GuestConf, 'settings' | 'unreadable' | 'misread'> {
  /** Of a VM, what the lines of `settings` replaced: the last value that Proxmox surely reads, or else the first. */
  readonly earlier: Settings;
}

function misreadOfSections(read: ReadonlyMap<string, SectionSettings>): SectionLine[] {
  const sections = [...read].filter(([name]) => name !== '' && !name.startsWith('special:'));
  return sections.flatMap(([name, { misread, unreadable }]) => {
    const devices = Object.entries(unreadable).filter(([key]) => isDevice(key));
    const section = shownSection(name);
    return [...Object.entries(misread), ...devices].map(([key, value]) => ({
      section,
      key,
      value,
    }));
  });
}

/** Of a container, whose file keeps every line, only those count that are read at its start. */
function unknownLines(sections: ReadonlyMap<string, SectionSettings>, program: Program): SectionLine[] {
  const counts = (name: string, key: string): boolean =>
    program === 'pct' ? name === '' && isReadAtStartOfContainer(key) : !name.startsWith('special:');
  return [...sections].flatMap(([name, { settings, earlier }]) =>
    Object.entries(settings)
      .filter(([key, value]) => {
        const isOpen = earlier[key] !== undefined && isUncertainForMachine(key, value);
        return counts(name, key) && (isOpen || isUnknownInFile(OPTIONS[program], key, value));
      })
      .map(([key, value]) => {
        const replaced = earlier[key];
        return { section: shownSection(name), key, value, ...(replaced === undefined ? {} : { earlier: replaced }) };
      }),
  );
}

/** As the heading of a VM's file has it. */
function shownSection(name: string): string {
  return name === PENDING_SECTION ? PENDING_OF_VM : name;
}

/**
 * Of two lines of a key, the later counts, but a line of a VM only where Proxmox can read it: it keeps the value of an earlier one. A container's file keeps
 * the later line in any case. (qemu-server, PVE/QemuServer.pm, parse_vm_config; pve-container, PVE/LXC/Config.pm, parse_pct_config)
 */
function settingsIn(lines: readonly string[], program: Program, section: string): SectionSettings {
  const found: Found = { settings: record(), unreadable: record(), misread: record(), earlier: record() };
  // Values in cloud-init's last drive are only shown.
  const isShown = section === 'special:cloudinit';
  for (const line of lines) {
    const [, name, written = ''] = SETTING[program].exec(line) ?? [];
    if (name === undefined || isNoSetting(line, name, section)) continue;
    const key = program === 'qm' && name === OLD_CD ? 'ide2' : name;
    const value = isShown ? written : valueInFile(OPTIONS[program], key, written);
    const isRead = value !== undefined && (isShown || !isMisread(program, key, value));
    const add = program === 'pct' ? addLineOfContainer : addLineOfMachine;
    add(found, { key, written, value, isRead });
  }
  return found;
}

type Found = { readonly [Part in keyof SectionSettings]: Record<string, string> };

function record(): Record<string, string> {
  return Object.create(null);
}

interface SettingLine {
  readonly key: string;
  readonly written: string;
  /** As Proxmox reads it; undefined where it takes the line for absent. */
  readonly value: string | undefined;
  readonly isRead: boolean;
}

function addLineOfContainer(found: Found, { key, written, value, isRead }: SettingLine): void {
  for (const part of [found.settings, found.unreadable, found.misread]) delete part[key];
  if (value === undefined) found.unreadable[key] = written;
  else found.settings[key] = value;
  if (value !== undefined && !isRead) found.misread[key] = value;
}

function addLineOfMachine(found: Found, { key, written, value, isRead }: SettingLine): void {
  const { settings, unreadable, misread, earlier } = found;
  const present = settings[key] === misread[key] ? undefined : settings[key];
  if (present !== undefined && value !== undefined && isUnreadByMachine(key, value) && !holdsVolume('qemu', key))
    return;
  if (isRead && value !== undefined) {
    if (present !== undefined && !(Object.hasOwn(earlier, key) && isUncertainForMachine(key, present)))
      earlier[key] = present;
    settings[key] = value;
    delete unreadable[key];
    delete misread[key];
  } else if (value === undefined) {
    if (settings[key] === undefined) unreadable[key] = written;
  } else if (present === undefined) {
    settings[key] = value;
    misread[key] = value;
  } else {
    // The line of a volume may name another volume than the earlier line.
    misread[key] = value;
  }
}

function isMisread(program: Program, key: string, value: string): boolean {
  return isUnreadableVolume(OPTIONS[program], key, value) || (program === 'qm' && isDropped(key, value));
}

function isNoSetting(line: string, key: string, section: string): boolean {
  const isElsewhere = key === 'description' || (key === 'delete' && section !== PENDING_SECTION);
  return isElsewhere || line === `${key}:` || SNAPSHOT_STATE.test(line);
}

function rawLine(line: string): RawLine | null {
  const [, key, value] = RAW_LINE.exec(line) ?? [];
  return key === undefined || value === undefined ? null : { key, value };
}

/** Of a VM's notes, Proxmox drops all blanks at the end. */
function notesIn(lines: readonly string[], program: Program): string {
  const notes = lines.map((line) =>
    line.startsWith('#') ? `${decodeNotes(line.slice(1))}\n` : decodeNotes(LEGACY_NOTES.exec(line)?.[1] ?? ''),
  );
  return notes.join('').replace(program === 'qm' ? /\s+$/ : /\n+$/, '');
}

/** Proxmox writes snapshots sorted by name. Of two within the same second, the one whose parent is the other is later. */
function snapshotsIn(sections: ReadonlyMap<string, Settings>): string[] {
  const names = [...sections.keys()].filter((section) => section !== '' && !section.includes(':'));
  const ancestors = (name: string, seen: readonly string[] = []): number => {
    const parent = sections.get(name)?.['parent'];
    return parent === undefined || seen.includes(parent) ? seen.length : ancestors(parent, [...seen, parent]);
  };
  const taken = (name: string) => Number(/^\d+$/.exec(sections.get(name)?.['snaptime'] ?? '')?.[0] ?? 0);
  return names.sort((a, b) => taken(a) - taken(b) || ancestors(a) - ancestors(b));
}

/**
 * Whether Proxmox does not start a container whose line of this option it cannot read. (pve-container, PVE/LXC.pm, update_lxc_config;
 * lxc-pve-prestart-hook)
 */
export function isReadAtStartOfContainer(key: string): boolean {
  return /^(features|rootfs|(net|dev|mp)\d+)$/.test(key);
}

/** Whether only the node knows which of two lines of a key counts. */
export function isAmbiguous({ unknown }: GuestConf): boolean {
  return unknown.some(({ earlier }) => earlier !== undefined);
}

/** Whether Proxmox reads the guest as a template. */
export function isTemplateConf(conf: GuestConf): boolean {
  return conf.settings['template'] === '1';
}

/** Of the lines that Proxmox cannot read, what can be kept where they are written anew. @param kind of the guest's options */
export function salvaged(kind: OptionsOf, { unreadable }: GuestConf): Settings {
  return Object.fromEntries(
    Object.entries(unreadable).flatMap(([key, text]) => {
      const kept = readableParts(kind, key, text);
      return kept === undefined ? [] : [[key, kept]];
    }),
  );
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
      const there = rawLine(line);
      return there?.key === option.key && there.value === option.value;
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
