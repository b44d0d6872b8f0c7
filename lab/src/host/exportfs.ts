// exportfs of the node: the exports of the kernel's NFS server, stored in /var/lib/nfs/etab as by the real one.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import { EXPORT_UUID, EXPORT_VALUES, EXPORT_WORDS } from '../../../src/proxmox/files/nfs-exports.ts';
import { canonicalName } from '../network/names.ts';
import { replaceFile } from '../proxmox/lock.ts';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, type Outcome, ok } from '../tree/tree.ts';
import { installed } from './packages.ts';

interface ExportEntry {
  readonly client: string;
  readonly path: string;
  /** All options in printed form, defaults included. */
  readonly options: string;
}

const TABLE = 'var/lib/nfs/etab';

const FLAVORS = new Set(['sys', 'krb5', 'krb5i', 'krb5p', 'none', 'null', 'unix']);

/** The options of an export, as far as they are read. */
interface Chosen {
  /** The word that holds of each pair of opposites, by the usual one. */
  readonly words: Map<string, string>;
  readonly values: Map<string, string>;
  readonly more: string[];
}

/** The options in the form of the table; a string is the error. */
function expanded(words: readonly string[]): { readonly options: string } | string {
  const chosen: Chosen = {
    words: new Map(EXPORT_WORDS.map(([usual]) => [usual, usual])),
    values: new Map(Object.entries(EXPORT_VALUES)),
    more: [],
  };
  for (const word of words) {
    const fault = choose(chosen, word);
    if (fault !== null) return `exportfs: ${fault}`;
  }
  const values = [...chosen.values].map(([name, value]) => `${name}=${value}`);
  const last = ['ro', 'secure', 'root_squash', 'no_all_squash'].map((usual) => chosen.words.get(usual) ?? usual);
  return { options: [...chosen.words.values(), ...chosen.more, ...values, ...last].join(',') };
}

/** Adds one option; returns why it is invalid, or null. */
function choose({ words, values, more }: Chosen, word: string): string | null {
  const pair = EXPORT_WORDS.find((each) => each.includes(word));
  if (pair !== undefined) {
    words.set(pair[0], word);
    return null;
  }
  const [name = '', value] = word.split('=');
  if (value !== undefined && values.has(name)) return chooseValue(values, word, name, value);
  if (value !== undefined && name === 'fsid') return chooseFsid(more, word, value);
  if (/^(mp|mountpoint)(=|$)/.test(word)) more.push(word.replace(/^mp(?=$|=)/, 'mountpoint'));
  else if (/^(refer|replicas|xprtsec)=/.test(word) || ['security_label', 'nordirplus'].includes(word)) more.push(word);
  else if (word !== '') return `command line:0: unknown keyword "${word}"`;
  return null;
}

function chooseValue(values: Map<string, string>, word: string, name: string, value: string): string | null {
  if (name === 'sec') {
    const wrong = value.split(':').find((flavor) => !FLAVORS.has(flavor));
    if (wrong !== undefined) return `unknown flavor ${wrong}`;
    values.set(name, value);
    return null;
  }
  if (!/^[+-]?\d+$/.test(value)) return `command line: 0: bad ${name} "${word}"`;
  // Truncated to 32 bits.
  values.set(name, String(Number(BigInt.asIntN(32, BigInt(value.replace(/^\+/, ''))))));
  return null;
}

function chooseFsid(more: string[], word: string, value: string): string | null {
  if (value === 'root') more.push('fsid=0');
  else if (/^\d+$/.test(value)) more.push(`fsid=${BigInt.asIntN(32, BigInt(value))}`);
  else if (EXPORT_UUID.test(value)) more.push(word);
  else return `command line: 0: bad fsid "${word}"`;
  return null;
}

const escapePath = (path: string): string =>
  path.replaceAll(/[\s"#\\]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`);
/** Octal escapes stand for bytes. */
const plainPath = (word: string): string =>
  Buffer.concat(
    word
      .split(/\\([0-7]{3})/)
      .map((part, at) => (at % 2 === 0 ? Buffer.from(part) : Buffer.from([Number.parseInt(part, 8)]))),
  ).toString();

function table(node: LabNode): ExportEntry[] {
  const file = pathOf(node, TABLE);
  return (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').flatMap((line) => {
    const [, path = '', client = '', options = ''] = /^(\S+)\t([^(]+)\((.*)\)$/.exec(line) ?? [];
    return path === '' ? [] : [{ path: plainPath(path), client, options }];
  });
}

function writeTable(node: LabNode, entries: readonly ExportEntry[]): void {
  const file = pathOf(node, TABLE);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(
    file,
    entries.map(({ path, client, options }) => `${escapePath(path)}\t${client}(${options})\n`).join(''),
  );
}

interface Read {
  /** Entries before the first invalid line, where reading ends. */
  readonly found: readonly ExportEntry[];
  /** The error of that line; null for none. */
  readonly fault: string | null;
}

function ofFiles(node: LabNode): Read {
  const folder = pathOf(node, 'etc/exports.d');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^[^.].*\.exports$/.test(name)) : [];
  const files = ['etc/exports', ...names.sort().map((name) => `etc/exports.d/${name}`)];
  const found: ExportEntry[] = [];
  for (const file of files.filter((each) => existsSync(pathOf(node, each)))) {
    const text = readFileSync(pathOf(node, file), 'utf8').replaceAll('\\\n', ' ');
    for (const line of text.split('\n')) {
      const read = ofLine(file, line);
      found.push(...read.found);
      if (read.fault !== null) return { found, fault: read.fault };
    }
  }
  return { found, fault: null };
}

/** A line is a path, followed by clients with their options in brackets. */
function ofLine(file: string, line: string): Read {
  const [, quoted, plain = '', rest = ''] =
    /^\s*(?:"([^"]*)"|([^\s#"]+))?(.*)$/.exec(line.replace(/(^|\s)#.*/, '')) ?? [];
  const path = quoted ?? plainPath(plain);
  const found: ExportEntry[] = [];
  if (path === '') return { found, fault: null };
  for (const written of rest.trim().split(/\s+/)) {
    // Options without a client apply to every client.
    const [, client, words = ''] = /^([^(]*)(?:\(([^)]*)\))?$/.exec(written) ?? [];
    if (client === undefined) return { found, fault: `exportfs: /${file}: syntax error: bad option list` };
    const options = expanded(words.split(',').filter((word) => word !== ''));
    if (typeof options === 'string') return { found, fault: options };
    found.push({ path, client: client === '' ? '*' : client, ...options });
  }
  return { found, fault: null };
}

const same = (one: ExportEntry, other: ExportEntry): boolean => one.path === other.path && one.client === other.client;
const isMissing = (node: LabNode, { path }: ExportEntry): boolean => !existsSync(pathOf(node, path));

const unresolved = (client: string): string => `exportfs: Failed to resolve ${client}\n`;

/** A client as the table names it: machines by their first name; null for a name that does not resolve. */
function machineOf(node: LabNode, client: string): string | null {
  if (isIP(client) !== 0 || /[*?[/@]/.test(client)) return client;
  return canonicalName(node, client) ?? null;
}

/** Parses `CLIENT:PATH`, with an IPv6 client in brackets. */
function named(word: string): { readonly client: string; readonly path: string } | null {
  const [, bracketed, plain, path = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\/.*)$/.exec(word) ?? [];
  const client = bracketed ?? plain;
  return client === undefined ? null : { client, path };
}

function announce(node: LabNode, words: readonly string[], ignoresFiles: boolean, name: string): Outcome | null {
  const wanted = named(name);
  if (wanted === null) return failed(`exportfs: Invalid export syntax: ${name}`);
  const { found, fault } = ignoresFiles ? { found: [], fault: null } : ofFiles(node);
  if (fault !== null) return failed(fault);
  const written = found.find((each) => same(each, { ...wanted, options: '' }));
  const options = expanded(words);
  if (typeof options === 'string') return failed(options);
  const client = machineOf(node, wanted.client);
  if (client === null) return { stdout: '', stderr: unresolved(wanted.client), rc: 0 };
  const entry: ExportEntry = {
    ...(written !== undefined && words.length === 0 ? written : { ...wanted, ...options }),
    client,
  };
  // Exported nevertheless: the real program reports it only afterwards.
  if (isMissing(node, entry)) {
    writeTable(node, [...table(node).filter((each) => !same(each, entry)), entry]);
    return failed(`exportfs: Failed to stat ${entry.path}: No such file or directory`);
  }
  if (!statSync(pathOf(node, entry.path)).isDirectory()) {
    return failed(`exportfs: ${entry.path} is neither a directory nor a file.`);
  }
  writeTable(node, [...table(node).filter((each) => !same(each, entry)), entry]);
  return null;
}

function withdraw(node: LabNode, name: string): Outcome | null {
  const wanted = named(name);
  if (wanted === null) return failed(`exportfs: Invalid unexport syntax: ${name}`);
  const entries = table(node);
  const client = machineOf(node, wanted.client) ?? wanted.client;
  const rest = entries.filter((each) => !same(each, { ...wanted, client, options: '' }));
  if (rest.length === entries.length) return failed(`exportfs: Could not find '${name}' to unexport.`);
  writeTable(node, rest);
  return null;
}

/** Exports everything that the files declare, as at the start of the server. Null on success, else the error. */
export function exportAll(node: LabNode, again: boolean): string | null {
  const { found, fault } = ofFiles(node);
  const entries = found.flatMap((each): ExportEntry[] => {
    const client = machineOf(node, each.client);
    return client === null ? [] : [{ ...each, client }];
  });
  const absent = entries.find((entry) => isMissing(node, entry));
  const kept = again ? [] : table(node).filter((each) => !entries.some((entry) => same(each, entry)));
  writeTable(node, [...kept, ...entries.filter((entry) => !isMissing(node, entry))]);
  if (fault !== null) return fault;
  return absent === undefined ? null : `exportfs: Failed to stat ${absent.path}: No such file or directory`;
}

/** Answers `exportfs [-ariuvs] [-o OPTIONS] [CLIENT:PATH…]`. */
export const exportfs: Program = (node, argv) => {
  if (!installed(node).has('nfs-kernel-server')) {
    return { rc: 127, stdout: '', stderr: 'exportfs: command not found\n' };
  }
  const asked = parseArguments(argv);
  if (typeof asked === 'string') return failed(`exportfs: ${asked}`);
  const { flags, options, names } = asked;
  if (flags.has('r') && flags.has('u')) return failed('exportfs: -r and -u are incompatible.');
  if (flags.has('a') || flags.has('r')) {
    if (names.length > 0) return failed('exportfs: extra arguments are not permitted with -a or -r.');
    return changeAll(node, flags);
  }
  if (names.length === 0) return ok(listing(node));
  for (const name of names) {
    const outcome = flags.has('u') ? withdraw(node, name) : announce(node, options, flags.has('i'), name);
    if (outcome !== null) return outcome;
  }
  return ok();
};

interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly options: readonly string[];
  readonly names: readonly string[];
}

/** A string is the error. */
function parseArguments(argv: readonly string[]): Arguments | string {
  const flags = new Set<string>();
  const options: string[] = [];
  const names: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (!word.startsWith('-')) names.push(word);
    else if (word === '-o') {
      index += 1;
      options.push(...(argv[index] ?? '').split(','));
    } else if (/^-[ariuvsf]+$/.test(word)) for (const letter of word.slice(1)) flags.add(letter);
    else return `invalid option -- '${word.replace(/^-+/, '')[0]}'`;
  }
  return { flags, options, names };
}

/** Exports or withdraws everything. */
function changeAll(node: LabNode, flags: ReadonlySet<string>): Outcome {
  if (flags.has('u')) {
    writeTable(node, []);
    return ok();
  }
  const complaint = exportAll(node, flags.has('r'));
  return complaint === null ? ok() : failed(complaint);
}

function listing(node: LabNode): string {
  return table(node)
    .map(({ path, client, options }) => `${path.padEnd(15)}\t${client}(${options})\n`)
    .join('');
}
