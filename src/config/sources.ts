// The written files: which of them the configuration reads, and their values or what keeps them from being read.

import type { Snapshot, SourceFile } from '../model/snapshot.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { ORIGINAL_FOLDER, scriptPath } from './normalise/files.ts';
import { contentTraits, notTheContent, standsFor } from './read/content.ts';
import { readJson } from './read/read-json.ts';
import { endOfString } from './read/sound-json.ts';
import type { Finding } from './rules/rule.ts';
import { CERTIFICATE_FILE, HYPERVISOR_FILE, LXC_FILE, STACKS_FILE, VM_FILE } from './schema/files.ts';

const JSON_FILES: readonly string[] = [HYPERVISOR_FILE, LXC_FILE, VM_FILE, CERTIFICATE_FILE, STACKS_FILE];
const STACK_FILE = /^stacks\/([^/]+)\/(phoenix\.json|docker-compose\.yml)$/;

/** Whether the content of a file below the config root is read; of all others only the identity counts. */
export function wantsBytes(path: string): boolean {
  return JSON_FILES.includes(path) || STACK_FILE.test(path);
}

/** Paths below the config root that the text of such a file names as encrypted files: their content is read too. */
function mentionedFiles(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes);
  if (!text.includes('sops:')) return [];
  return [...text.matchAll(/"sops:((?:[^"\\#\n]|\\.)+)#/g)].flatMap(([, written = '']) => unescaped(written));
}

function unescaped(written: string): string[] {
  if (!written.includes('\\')) return [written];
  try {
    return [JSON.parse(`"${written}"`) as string];
  } catch {
    return [];
  }
}

/**
 * Paths below the config root that a text of such a file may name as a script or as a file of a stack. Too many are no harm: of each
 * only the traits are kept.
 */
function usedFiles(path: string, bytes: Uint8Array): string[] {
  const stack = STACK_FILE.exec(path);
  if (stack?.[2] === 'docker-compose.yml' || (stack === null && path === CERTIFICATE_FILE)) return [];
  const paths = new Set<string>();
  for (const text of textsIn(new TextDecoder().decode(bytes))) {
    if (stack !== null) {
      paths.add(text).add(`stacks/${stack[1]}/${text}`);
      continue;
    }
    const [program = ''] = text.split(/\s/, 1);
    const script = program.replace(ORIGINAL_FOLDER, '');
    paths.add(scriptPath(script)).add(scriptPath(text)).add(`features/${text}/install.sh`);
  }
  return [...paths];
}

/** Characters of a text that may be a path. */
const LONGEST_PATH = 1_024;

/** The texts of a JSON file, each once: a file of many guests says the same few words thousands of times. */
function textsIn(json: string): Set<string> {
  const written = new Set<string>();
  for (let begin = json.indexOf('"'); begin >= 0; ) {
    const end = endOfString(json, begin);
    if (end - begin <= LONGEST_PATH) written.add(json.slice(begin + 1, end));
    begin = json.indexOf('"', end + 1);
  }
  return new Set([...written].flatMap(unescaped));
}

/** How the files of a configuration are read, from Git or from a folder. */
export const READING = {
  wantsBytes,
  mentionedFiles,
  usedFiles,
  traits: contentTraits,
  maxFileBytes: MAX_FILE_BYTES,
} as const;

/** Folders that hold a configuration, among the paths of a whole repository; the top is the empty text. */
export function findRoots(paths: Iterable<string>): string[] {
  const roots: string[] = [];
  for (const path of paths) {
    if (path === HYPERVISOR_FILE) roots.push('');
    else if (path.endsWith(`/${HYPERVISOR_FILE}`)) roots.push(path.slice(0, -HYPERVISOR_FILE.length - 1));
  }
  return roots.sort();
}

/** Names of the stacks that have a manifest or a compose file, in alphabetical order. */
export function stackNames(snapshot: Snapshot): string[] {
  const names = new Set<string>();
  for (const path of snapshot.files.keys()) {
    const name = STACK_FILE.exec(path)?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names].sort();
}

/** What was read of the files, and the texts that positions are looked up in. */
export class Sources {
  readonly findings: Finding[] = [];
  readonly texts = new Map<string, string>();
  readonly #files: Snapshot['files'];

  constructor(snapshot: Snapshot) {
    this.#files = snapshot.files;
  }

  /** The value of a JSON file; undefined when it cannot be read, which is then among the findings. */
  json(path: string, need: 'needed' | 'optional'): unknown {
    const bytes = this.bytes(path, need, MAX_FILE_BYTES);
    if (bytes === undefined) return undefined;
    const { value, text, faults } = readJson(bytes);
    this.texts.set(path, text);
    for (const { code, path: pointer, message, hint, position } of faults) {
      const finding = { code, at: { file: path, path: pointer }, message, position, onKey: true };
      const advice = hint ?? (text.trim() === '' ? whatToWrite(path) : null);
      this.findings.push(advice === null ? finding : { ...finding, hint: advice });
    }
    return value;
  }

  bytes(path: string, need: 'needed' | 'optional', limit: number): Uint8Array | undefined {
    const file = this.#files.get(path);
    if (file === undefined) {
      if (need === 'needed') this.#refuse(path, 'MISSING_FILE', 'the file is missing');
      return undefined;
    }
    const reason = whyUnreadable(file, limit);
    if (reason === null) {
      const instead = file.bytes === undefined ? null : standsFor(file.bytes);
      if (instead === null) return file.bytes;
      this.findings.push(notTheContent(path, instead));
      return undefined;
    }
    this.#refuse(path, file.kind === 'symlink' || file.kind === 'submodule' ? 'MISSING_FILE' : 'SYNTAX', reason);
    return undefined;
  }

  #refuse(path: string, code: 'MISSING_FILE' | 'SYNTAX', message: string): void {
    this.findings.push({ code, at: { file: path, path: '' }, message, position: { line: 1, column: 1 } });
  }
}

/** What an empty file could hold, in the shape that it must have. */
function whatToWrite(path: string): string {
  switch (path) {
    case HYPERVISOR_FILE:
      return 'Write at least {"domain_name": "example.internal"}.';
    case LXC_FILE:
      return 'Write {"lxc_configs": {}} for no containers, or remove the file.';
    case VM_FILE:
      return 'Write {"vms": []} for no VMs, or remove the file.';
    case CERTIFICATE_FILE:
      return 'Write [] for no certificates, or remove the file.';
    case STACKS_FILE:
      return 'Remove the file: each stack has its own stacks/<name>/phoenix.json.';
    default:
      return 'Write {"environments": {"production": {}}}, or remove the folder of the stack.';
  }
}

function whyUnreadable(file: SourceFile, limit: number): string | null {
  if (file.kind === 'symlink') return 'is a symbolic link, which is not followed';
  if (file.kind === 'submodule') return 'is a submodule, which is not read';
  const size = file.bytes?.length ?? file.size ?? Number.POSITIVE_INFINITY;
  if (size <= limit && file.bytes !== undefined) return null;
  const shown = Number.isFinite(size) ? `has ${size} bytes` : 'is too large';
  return `${shown}; at most ${limit} are read`;
}
