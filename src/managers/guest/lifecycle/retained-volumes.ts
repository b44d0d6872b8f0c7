// The note about a guest's volumes: which storage volume each declared name stands for, and which volumes were retained when the guest was destroyed.
// It is stored on the node, so that it survives both the guest and the ledger.

import type { Action } from '../../../model/action.ts';
import type { JsonObject } from '../../../model/json.ts';
import { textDigest } from '../digest.ts';
import { action, guestName, type Program } from '../proxmox/command.ts';

export const VOLUMES_FOLDER = '/var/lib/phoenix/volumes';

export interface RetainedVolumes {
  /** Storage volume ids by the name of the volume within its guest. */
  readonly names: Readonly<Record<string, string>>;
  /** Configuration lines of a destroyed guest, such as `scsi1: rpool:vm-1001-disk-1,discard=on`. */
  readonly lines: readonly string[];
  /** Storage volume ids by mount path, the format of earlier versions. */
  readonly paths: Readonly<Record<string, string>>;
}

/** The note cannot be read; the message says why. It never counts as an empty note. */
export class UnreadableNote extends Error {
  override readonly name = 'UnreadableNote';
}

const NOTHING: RetainedVolumes = { names: {}, lines: [], paths: {} };

export function retainedVolumesPath(id: number): string {
  return `${VOLUMES_FOLDER}/${id}.json`;
}

/**
 * Null: there is no such file, so nothing was noted.
 * @throws UnreadableNote
 */
export function parseRetained(text: string | null): RetainedVolumes {
  if (text === null) return NOTHING;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnreadableNote(error instanceof Error ? error.message : String(error));
  }
  if (!isObject(value)) throw new UnreadableNote('it holds no JSON object');
  if (!('version' in value)) return parseFirstFormat(value);
  if (value['version'] !== 2) throw new UnreadableNote(`its version is ${JSON.stringify(value['version'])}, not 2`);
  const { names, lines, paths } = value;
  if (!isTexts(names) || !isTexts(paths)) throw new UnreadableNote('"names" and "paths" must hold texts');
  if (!Array.isArray(lines) || lines.some((line) => typeof line !== 'string'))
    throw new UnreadableNote('"lines" must be a list of texts');
  const ids = Object.values(names);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new UnreadableNote(`two names stand for ${twice}`);
  return { names, lines, paths };
}

/** The first format: one object, by mount path, or by key for volumes that were not mounted. */
function parseFirstFormat(value: JsonObject): RetainedVolumes {
  if (!isTexts(value)) throw new UnreadableNote('it must hold texts');
  const entries = Object.entries(value);
  return {
    names: {},
    lines: entries.filter(([key]) => !key.startsWith('/')).map(([key, id]) => `${key}: ${id}`),
    paths: Object.fromEntries(entries.filter(([key]) => key.startsWith('/'))),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string' && each !== '');
}

function printRetained({ names, lines, paths }: RetainedVolumes): string {
  return `${JSON.stringify({ version: 2, names, lines, paths }, null, 2)}\n`;
}

/** Splits a configuration line into key and value. */
export function splitLine(line: string): { readonly key: string; readonly value: string } {
  const at = line.indexOf(':');
  return { key: line.slice(0, at), value: line.slice(at + 1).trim() };
}

/** Writes the note if it differs; the guest itself is not changed. */
export function noteVolumes(program: Program, id: number, noted: string | null, retained: RetainedVolumes): Action[] {
  const text = printRetained(retained);
  if (isSameNote(noted, text)) return [];
  const path = retainedVolumesPath(id);
  const write = action(`record the volumes of ${guestName(program, id)} in ${path}`, 'live', {
    kind: 'file',
    path,
    content: { from: 'text', text },
    mode: 0o640,
    expects: noted === null ? 'absent' : textDigest(noted),
  });
  return [{ ...write, notes: true }];
}

/** A note in an earlier format with the same content is kept until something changes. */
function isSameNote(noted: string | null, text: string): boolean {
  return noted === text || printRetained(parseRetained(noted)) === text;
}
