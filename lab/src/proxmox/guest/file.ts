// The configuration files of containers and virtual machines, parsed as leniently and printed as exactly as by Proxmox.
import { createHash } from 'node:crypto';
import { RAW_LINE, rawKey } from '../../../../src/proxmox/guests/raw-lines.ts';
import { parsePropertyString, printPropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { parseSize } from '../../../../src/proxmox/storages/sizes.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import type { GuestKind } from '../node.ts';
import { readValue } from './options.ts';

/** Options by name, including `description` as decoded text. */
export type Options = Record<string, string>;

/** A section: its options, and for containers the raw `lxc.*` lines in order. */
export type Section = { options: Options; raw: [key: string, value: string][] };

export type GuestFile = Section & {
  /** Changes that apply at the next start; `delete` lists the options to remove. */
  pending: Section;
  snapshots: Record<string, Section>;
  /** Informative sections of a machine, such as the content of the cloud-init drive. */
  special: Record<string, Options>;
  /** SHA-1 of the text that was read. */
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

/** Encodes control characters, non-ASCII, `%` and `:` as `%XX`. */
export function encodeText(text: string): string {
  return text.replaceAll(/[^\x20-\x24\x26-\x39\x3b-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** Decodes `%XX` sequences as UTF-8. */
export function decodeText(text: string): string {
  const bytes = Buffer.from(text)
    .toString('latin1')
    .replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const IS_DRIVE = /^(ide|scsi|virtio|sata)\d+$/;

type Warn = (problem: string) => void;

/** Headings of sections: any other line that looks like one in a container's file is a line of the section before. */
const HEADING = { qemu: /^\[([^\]]*)\]\s*$/, lxc: /^\[(pve:pending|[a-z][a-z0-9_-]+)\]\s*$/i } as const;
/** The heading of the changes that apply at the next start. */
const PENDING = { qemu: 'PENDING', lxc: 'pve:pending' } as const;
const OPTION = { qemu: /^([a-z][a-z_-]*\d*):\s*(.+?)\s*$/, lxc: /^([a-z][a-z_]*\d*):\s*(.+?)\s*$/ } as const;

/** Parses a file; `warnings` has Proxmox's warnings, one line each. */
export function parseGuestFile(kind: GuestKind, id: number, text: string): { file: GuestFile; warnings: string[] } {
  const file: GuestFile = { ...emptyFile(), digest: createHash('sha1').update(text).digest('hex') };
  const warnings: string[] = [];
  const warn: Warn = (problem) => void warnings.push(`vm ${id} - ${problem}`);
  for (const { heading, lines } of sectionsOf(kind, text)) {
    const section = heading === null ? file : openSection(kind, file, heading);
    if (section === undefined) warn(`skipping unknown section: '${heading}'`);
    else readSection({ kind, file, section, heading, warn }, lines);
  }
  delete file.options['snapstate'];
  return { file, warnings };
}

/** The lines below each heading, in order, without blank ones; those before the first heading have none. */
function sectionsOf(kind: GuestKind, text: string): { readonly heading: string | null; readonly lines: string[] }[] {
  let section: { heading: string | null; lines: string[] } = { heading: null, lines: [] };
  const sections = [section];
  for (const line of text.split('\n')) {
    const heading = HEADING[kind].exec(line)?.[1];
    if (heading !== undefined) {
      section = { heading, lines: [] };
      sections.push(section);
    } else if (!/^\s*$/.test(line)) section.lines.push(line);
  }
  return sections;
}

/** The section that is being read. */
interface OpenSection {
  readonly kind: GuestKind;
  readonly file: GuestFile;
  readonly section: Section;
  /** Null for the options before the first heading. */
  readonly heading: string | null;
  readonly warn: Warn;
}

function readSection(open: OpenSection, lines: readonly string[]): void {
  const { kind, section, warn } = open;
  const notes: string[] = [];
  for (const line of lines) {
    const note = noteIn(line);
    const [, rawKey, rawValue = ''] = (kind === 'lxc' && RAW_LINE.exec(line)) || [];
    const [, key, value = ''] = OPTION[kind].exec(line) ?? [];
    if (note !== null) notes.push(note);
    else if (rawKey !== undefined) readRaw(section, rawKey, rawValue, line, warn);
    else if (/snapstate:\s*(prepare|delete)\s*$/.test(line)) section.options['snapstate'] = value;
    else if (key === undefined) warn(`unable to parse config: ${line}`);
    else if (key === 'delete') readDeletions(open, value);
    else readOption(open, key, value);
  }
  keepDescription(kind, section, notes);
}

function readOption({ kind, section, heading, warn }: OpenSection, key: string, value: string): void {
  // The values of cloud-init are the content of a drive, which is not checked.
  const isUnchecked = heading?.toLowerCase() === 'special:cloudinit' || (kind === 'qemu' && key === 'args');
  if (isUnchecked) section.options[key] = value;
  else readChecked(kind, section, key === 'cdrom' && kind === 'qemu' ? 'ide2' : key, value, warn);
}

function readDeletions({ kind, file, section, warn }: OpenSection, options: string): void {
  if (section === file.pending) section.options['delete'] = options;
  else warn(`property 'delete' is only allowed in [${PENDING[kind]}]`);
}

/** An empty description is kept for machines only. */
function keepDescription(kind: GuestKind, section: Section, notes: readonly string[]): void {
  const description = notes.join('');
  if (kind === 'qemu' && notes.length > 0) section.options['description'] = description.trimEnd();
  if (kind === 'lxc' && description !== '') section.options['description'] = description;
}

/** The part of the description that a line holds: a comment, or the older option without a line end. Null for other lines. */
function noteIn(line: string): string | null {
  const [, comment] = /^#(.*)$/.exec(line) ?? [];
  if (comment !== undefined) return `${decodeText(comment)}\n`;
  const [, plain] = /^description:\s*(.*\S)\s*$/.exec(line) ?? [];
  return plain === undefined ? null : decodeText(plain);
}

function openSection(kind: GuestKind, file: GuestFile, header: string): Section | undefined {
  if (header.toLowerCase() === PENDING[kind].toLowerCase()) {
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

function readChecked(kind: GuestKind, section: Section, key: string, value: string, warn: Warn): void {
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

function readRaw(section: Section, key: string, value: string, line: string, warn: Warn): void {
  if (key === 'lxc.environment.runtime') {
    const earlier = section.options['env'];
    section.options['env'] = earlier === undefined ? value : `${earlier}\0${value}`;
    return;
  }
  const validity = rawKey(key);
  if (validity.kind === 'refused') warn(`${key}: ${validity.why}`);
  else if (validity.kind === 'unknown') warn(`unable to parse config: ${line}`);
  else if (key.startsWith('lxc.limit.')) warn(`${key}: lxc.limit.* was renamed to lxc.prlimit.*`);
  else if (validity.kind === 'renamed') warn(`${key} is deprecated and was renamed to ${validity.to}`);
  else if (validity.kind === 'deprecated') warn(`${key} is deprecated, this will be a hard error in the future!`);
  if (validity.kind !== 'refused' && validity.kind !== 'unknown') section.raw.push([key, value]);
}

/** Prints a file: description, options by name, raw lines; then pending changes, special sections and snapshots. */
export function printGuestFile(kind: GuestKind, file: GuestFile): string {
  const { pending } = file;
  const parts = [printSection(kind, file)];
  if (Object.keys(pending.options).length > 0) parts.push(`[${PENDING[kind]}]\n${printSection(kind, pending, true)}`);
  for (const name of Object.keys(file.special).sort()) {
    const options = file.special[name] ?? {};
    if (name !== 'cloudinit' || hasCloudInit(file.options))
      parts.push(`[special:${name}]\n${printSection(kind, { options, raw: [] })}`);
  }
  for (const name of Object.keys(file.snapshots).sort())
    parts.push(`[${name}]\n${printSection(kind, file.snapshots[name] ?? emptySection())}`);
  return parts.join('\n');
}

/** Whether a machine has a cloud-init drive. */
function hasCloudInit(options: Readonly<Options>): boolean {
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
