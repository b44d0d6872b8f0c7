// Secrets of objects: how they are set without appearing on a command line, and the note of what was set last. A secret is never read back: the note
// holds its reference and a keyed digest.

import type { Action } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { difference, type FoundDifference } from '../comparison.ts';
import type { Wanted } from '../manager.ts';
import { type SecretInCall, updateCall, withSecrets } from './calls.ts';
import type { ObjectObservation } from './observe.ts';
import type { ObjectRow } from './row.ts';

const NOTES = '/var/lib/phoenix/objects';
const MARK = '# Kept by Phoenix. Change it in the repository, not here.';

/** The folder of the notes for all objects of a kind. */
export function notesFolder({ kind }: Pick<ObjectRow, 'kind'>): string {
  return `${NOTES}/${kind}`;
}

/** In a note while its object is being created: the secret is still to be set. */
const PENDING = 'pending';

/**
 * The actions that set declared secrets. A secret that a person changed later stays until a different one is declared. When an object is adopted, its
 * secret is noted as the declared one, since the two cannot be compared.
 *
 * @param isNew the object is created by this plan, so that notes of a former object do not count
 */
export function secretActions(
  row: ObjectRow,
  { target, spec, before, adopt }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
  isNew: boolean,
): Action[] {
  const name = nameOf(target);
  return Object.entries(row.secrets ?? {}).flatMap(
    ([option, { setAction, promptedOnCreate, encoding, onlyAtCreation }]): Action[] => {
      const declared = secretsOf(option, spec?.[option], encoding);
      const path = noteOf(row, name, option);
      const noted = notes[path];
      const [first] = declared;
      if (first === undefined) return noted === undefined ? [] : [forget(row, name, option)];
      const text = noteText(declared, besideOf(onlyAtCreation, spec));
      if (noted === text && !isNew) return [];
      const summary = `set ${option} of ${row.label} ${name}`;
      const isAdopted = adopt === true && before === undefined && noted === undefined;
      const isAlreadySet = isNew
        ? promptedOnCreate === true || setAction === undefined
        : isAdopted || onlyAtCreation !== undefined;
      const call = (): Action =>
        setAction === undefined
          ? withSecrets(updateCall(row, name, { summary, args: [] }), declared)
          : { summary, impact: 'live', do: setAction(name, first.reference) };
      return [
        ...(isAlreadySet ? [] : [call()]),
        {
          summary: `note which ${option} of ${row.label} ${name} was set`,
          impact: 'live',
          do: { kind: 'file', path, content: { from: 'text', text }, mode: 0o600 },
        },
      ];
    },
  );
}

/** Secrets that are not those that were set last. Their values are known by keyed digests alone. */
export function secretDifferences(
  row: ObjectRow,
  { target, spec }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
): FoundDifference[] {
  return Object.entries(row.secrets ?? {}).flatMap(([option, { encoding, onlyAtCreation }]) => {
    const declared = secretsOf(option, spec?.[option], encoding);
    const noted = notes[noteOf(row, nameOf(target), option)];
    if (declared.length === 0) return noted === undefined ? [] : [difference([option], null, 'set')];
    if (noted === noteText(declared, besideOf(onlyAtCreation, spec))) return [];
    return [difference([option], spec?.[option] ?? null, noted === undefined ? null : 'another one')];
  });
}

/** A single secret, or several by name. */
function secretsOf(option: string, value: Json | undefined, encoding?: 'base64url'): SecretInCall[] {
  const one = referenceOf(value);
  if (one !== null) return [{ name: encoding === undefined ? option : `${encoding}:${option}`, reference: one }];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value as JsonObject).flatMap(([key, each]) => {
    const reference = referenceOf(each);
    return reference === null ? [] : [{ name: `${option}/${key}`, reference }];
  });
}

/** The secrets that the create call takes as options. */
export function secretsInCall(row: ObjectRow, spec: JsonObject): SecretInCall[] {
  return Object.entries(row.secrets ?? {}).flatMap(([option, { setAction, encoding }]) =>
    setAction === undefined ? secretsOf(option, spec[option], encoding) : [],
  );
}

/** Written before an object is created, so that an object left without its secret is recognised, whoever adopts it. */
export function pendingNotes(
  row: ObjectRow,
  { target, spec }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
): Action[] {
  const name = nameOf(target);
  return Object.entries(row.secrets ?? {}).flatMap(([option, { onlyAtCreation }]): Action[] => {
    const declared = secretsOf(option, spec?.[option]);
    const path = noteOf(row, name, option);
    if (declared.length === 0) return notes[path] === undefined ? [] : [forget(row, name, option)];
    const text = noteText(declared, besideOf(onlyAtCreation, spec), PENDING);
    if (notes[path] === text) return [];
    const content = { from: 'text', text } as const;
    return [
      {
        summary: `record that ${option} of ${row.label} ${name} is to be set`,
        impact: 'live',
        do: { kind: 'file', path, content, mode: 0o600 },
      },
    ];
  });
}

/** The notes that adopting an object would write, where nothing else is known of its secrets. */
export function notesOfAdopted(
  row: ObjectRow,
  { target, spec }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
): Record<string, string> {
  const notesByPath = Object.entries(row.secrets ?? {}).flatMap(([option, { onlyAtCreation }]): [string, string][] => {
    const declared = secretsOf(option, spec?.[option]);
    const path = noteOf(row, nameOf(target), option);
    const noted = notes[path];
    if (declared.length === 0) return [];
    const isNoted = noted === undefined || isUnreadable(declared, noted);
    return isNoted ? [[path, noteText(declared, besideOf(onlyAtCreation, spec))]] : [];
  });
  return Object.fromEntries(notesByPath);
}

/** A secret whose value is unavailable counts as the one that was noted. */
function isUnreadable(declared: readonly SecretInCall[], noted: string): boolean {
  return declared.every(
    ({ reference: { $secret, digest } }) => digest === undefined && noted.includes(`\nreference ${$secret}\n`),
  );
}

/** Secrets that are fixed at creation and that have changed since. An adopted object counts as created with the declared ones. */
export function boundDifferences(
  row: ObjectRow,
  { target, spec, adopt }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
): string[] {
  return Object.entries(row.secrets ?? {}).flatMap(([option, { onlyAtCreation, encoding }]) => {
    const declared = secretsOf(option, spec?.[option], encoding);
    if (onlyAtCreation === undefined || declared.length === 0) return [];
    const noted = notes[noteOf(row, nameOf(target), option)];
    if (noted === undefined) return adopt === true ? [] : [onlyAtCreation.beside];
    const beside = besideOf(onlyAtCreation, spec);
    // A pending note counts too: the create call carried the secret, and the object exists.
    const same = [noteText(declared, beside), noteText(declared, beside, PENDING)].includes(noted);
    return same || isUnreadable(declared, noted) ? [] : [onlyAtCreation.beside];
  });
}

/** The note's line for the option that belongs to a secret. */
function besideOf(onlyAtCreation: { readonly beside: string } | undefined, spec: JsonObject | undefined): string {
  return onlyAtCreation === undefined ? '' : `${onlyAtCreation.beside} ${String(spec?.[onlyAtCreation.beside])}\n`;
}

/**
 * @param beside a further line of the note
 * @param digest replaces the digest of each secret. Default: its current digest
 */
function noteText(declared: readonly SecretInCall[], beside = '', digest?: string): string {
  const lines = declared.map(({ name, reference }) => {
    const [, key] = name.split('/');
    const named = key === undefined ? '' : `name ${key}\n`;
    return `${named}reference ${reference.$secret}\ndigest ${digest ?? reference.digest ?? 'none'}\n`;
  });
  return `${MARK}\n${lines.join('')}${beside}`;
}

/** The secret that the create call prompts for; null where it prompts for none. */
export function promptedSecret(row: ObjectRow, spec: JsonObject) {
  for (const [option, { promptedOnCreate }] of Object.entries(row.secrets ?? {})) {
    const reference = referenceOf(spec[option]);
    if (promptedOnCreate === true && reference !== null) return { option, reference };
  }
  return null;
}

/** Deletes the notes of an object's secrets, once the object is gone. */
export function forgetSecrets(row: ObjectRow, name: string, { notes }: ObjectObservation): Action[] {
  const known = Object.keys(row.secrets ?? {}).filter((option) => notes[noteOf(row, name, option)] !== undefined);
  return known.map((option) => forget(row, name, option));
}

function forget(row: ObjectRow, name: string, option: string): Action {
  const summary = `forget which ${option} of ${row.label} ${name} was set`;
  return { summary, impact: 'live', do: { kind: 'remove', paths: [noteOf(row, name, option)] } };
}

function noteOf(row: ObjectRow, name: string, option: string): string {
  return `${notesFolder(row)}/${name}.${option}`;
}

function referenceOf(value: Json | undefined): { readonly $secret: string; readonly digest?: string } | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { $secret: reference, digest } = value as JsonObject;
  if (typeof reference !== 'string') return null;
  return { ...(value as JsonObject), $secret: reference, ...(typeof digest === 'string' ? { digest } : {}) };
}
