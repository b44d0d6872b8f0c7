// Selects the files of the config repo whose content is read, and finds the further files that they reference.

import { MAX_FILE_BYTES } from '../config/limits.ts';
import { contentTraits } from '../config/read/content.ts';
import { endOfString } from '../config/read/sound-json.ts';
import { KINDS } from '../managers/index.ts';
import { HYPERVISOR_FILE } from '../managers/places.ts';
import { formatOf } from './formats.ts';

/** Whether the content of a file below the config root is read; for all others only the identity matters. */
export function readsContent(path: string): boolean {
  return formatOf(path, KINDS) !== undefined || KINDS.some(({ declares }) => declares.alsoReads?.test(path));
}

/** Paths of encrypted files below the config root that the file references; their content is read too. */
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
 * Paths below the config root that the file may reference as a script or file of a stack. False positives are harmless: only their traits are kept.
 */
function usedFiles(path: string, bytes: Uint8Array): string[] {
  const references = formatOf(path, KINDS)?.references;
  if (references === undefined) return [];
  const paths = new Set<string>();
  for (const text of textsIn(new TextDecoder().decode(bytes)))
    for (const named of references(text, path)) paths.add(named);
  return [...paths];
}

/** Maximum length of a text that is considered as a path. */
const MAX_PATH_LENGTH = 1_024;

/** The distinct texts of a JSON file: a file with many guests repeats the same few words thousands of times. */
function textsIn(json: string): Set<string> {
  const written = new Set<string>();
  for (let begin = json.indexOf('"'); begin >= 0; ) {
    const end = endOfString(json, begin);
    if (end - begin <= MAX_PATH_LENGTH) written.add(json.slice(begin + 1, end));
    begin = json.indexOf('"', end + 1);
  }
  return new Set([...written].flatMap(unescaped));
}

/** How the files of a configuration are read from Git or from a folder. */
export const READING = {
  readsContent,
  mentionedFiles,
  usedFiles,
  traits: contentTraits,
  maxFileBytes: MAX_FILE_BYTES,
} as const;

/** Folders of a repository that hold a configuration; the top level is the empty text. */
export function findRoots(paths: Iterable<string>): string[] {
  const roots: string[] = [];
  for (const path of paths) {
    if (path === HYPERVISOR_FILE) roots.push('');
    else if (path.endsWith(`/${HYPERVISOR_FILE}`)) roots.push(path.slice(0, -HYPERVISOR_FILE.length - 1));
  }
  return roots.sort();
}
