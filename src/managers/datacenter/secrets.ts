// Secrets of objects: what Proxmox is told outside of any command line, and the note of what it was told last. A secret is never read back:
// the note holds its reference and a keyed digest.

import type { Action } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Wanted } from '../manager.ts';
import { type SecretInCall, updateCall, withSecrets } from './calls.ts';
import type { ObjectObservation } from './observe.ts';
import type { ObjectRow } from './row.ts';

const NOTES = '/var/lib/phoenix/objects';
const MARK = '# Kept by Phoenix. Change it in the repository, not here.';

/** Of all objects of a kind. */
export function notesFolder({ kind }: Pick<ObjectRow, 'kind'>): string {
  return `${NOTES}/${kind}`;
}

/** Stands in a note while its object is made: the secret is still to be set. */
const PENDING = 'pending';

/**
 * What is missing of the secrets that are declared. One that a person set later stays until another is declared, and so does that of an
 * object that is taken over: it is noted as the one that is declared, since nobody can compare them.
 *
 * @param isNew it is made before, whatever was noted of one that was there
 */
export function secretActions(
  row: ObjectRow,
  { target, spec, before, adopt }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
  isNew: boolean,
): Action[] {
  const name = nameOf(target);
  return Object.entries(row.secrets ?? {}).flatMap(
    ([option, { setAction, promptedOnCreate, encoding, onlyToMake }]): Action[] => {
      const declared = secretsOf(option, spec?.[option], encoding);
      const path = noteOf(row, name, option);
      const noted = notes[path];
      const [first] = declared;
      if (first === undefined) return noted === undefined ? [] : [forget(row, name, option)];
      const text = noteText(declared, besideOf(onlyToMake, spec));
      if (noted === text && !isNew) return [];
      const summary = `set ${option} of ${row.label} ${name}`;
      const isAdopted = adopt === true && before === undefined && noted === undefined;
      const isAlreadySet = isNew
        ? promptedOnCreate === true || setAction === undefined
        : isAdopted || onlyToMake !== undefined;
      const call = (): Action =>
        setAction === undefined
          ? withSecrets(updateCall(row, name, summary, []), declared)
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

/** One secret, or several by their names. */
function secretsOf(option: string, value: Json | undefined, encoding?: 'base64url'): SecretInCall[] {
  const one = referenceOf(value);
  if (one !== null) return [{ name: encoding === undefined ? option : `${encoding}:${option}`, reference: one }];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value as JsonObject).flatMap(([key, each]) => {
    const reference = referenceOf(each);
    return reference === null ? [] : [{ name: `${option}/${key}`, reference }];
  });
}

/** Those that the call which makes an object takes as options. */
export function secretsInCall(row: ObjectRow, spec: JsonObject): SecretInCall[] {
  return Object.entries(row.secrets ?? {}).flatMap(([option, { setAction, encoding }]) =>
    setAction === undefined ? secretsOf(option, spec[option], encoding) : [],
  );
}

/** Before an object is made: one that is there without its secret is known as such, whoever takes it over. */
export function pendingNotes(
  row: ObjectRow,
  { target, spec }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
): Action[] {
  const name = nameOf(target);
  return Object.entries(row.secrets ?? {}).flatMap(([option, { onlyToMake }]): Action[] => {
    const declared = secretsOf(option, spec?.[option]);
    const path = noteOf(row, name, option);
    if (declared.length === 0) return notes[path] === undefined ? [] : [forget(row, name, option)];
    const text = noteText(declared, besideOf(onlyToMake, spec), PENDING);
    if (notes[path] === text) return [];
    const content = { from: 'text', text } as const;
    return [
      {
        summary: `note that ${option} of ${row.label} ${name} is to be set`,
        impact: 'live',
        do: { kind: 'file', path, content, mode: 0o600 },
      },
    ];
  });
}

/** The notes that taking an object over would make, where nothing else is known of its secrets. */
export function notesOfAdopted(
  row: ObjectRow,
  { target, spec }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
): Record<string, string> {
  const notesByPath = Object.entries(row.secrets ?? {}).flatMap(([option, { onlyToMake }]): [string, string][] => {
    const declared = secretsOf(option, spec?.[option]);
    const path = noteOf(row, nameOf(target), option);
    const noted = notes[path];
    if (declared.length === 0) return [];
    const isNoted = noted === undefined || isUnreadable(declared, noted);
    return isNoted ? [[path, noteText(declared, besideOf(onlyToMake, spec))]] : [];
  });
  return Object.fromEntries(notesByPath);
}

/** A secret that is not there to be looked at counts as the one that was noted. */
function isUnreadable(declared: readonly SecretInCall[], noted: string): boolean {
  return declared.every(
    ({ reference: { $secret, digest } }) => digest === undefined && noted.includes(`\nreference ${$secret}\n`),
  );
}

/** Secrets that an object was made with and that are others by now. One that is taken over counts as made with those that are declared. */
export function boundDifferences(
  row: ObjectRow,
  { target, spec, adopt }: Wanted<JsonObject>,
  { notes }: ObjectObservation,
): string[] {
  return Object.entries(row.secrets ?? {}).flatMap(([option, { onlyToMake, encoding }]) => {
    const declared = secretsOf(option, spec?.[option], encoding);
    if (onlyToMake === undefined || declared.length === 0) return [];
    const noted = notes[noteOf(row, nameOf(target), option)];
    if (noted === undefined) return adopt === true ? [] : [onlyToMake.beside];
    const beside = besideOf(onlyToMake, spec);
    // The call that made it had it too: it is there, so that it was made with it.
    const same = [noteText(declared, beside), noteText(declared, beside, PENDING)].includes(noted);
    return same || isUnreadable(declared, noted) ? [] : [onlyToMake.beside];
  });
}

/** A line of the note for the option that goes with a secret. */
function besideOf(onlyToMake: { readonly beside: string } | undefined, spec: JsonObject | undefined): string {
  return onlyToMake === undefined ? '' : `${onlyToMake.beside} ${String(spec?.[onlyToMake.beside])}\n`;
}

/**
 * @param beside a line that is noted with them
 * @param digest what stands for that of each. Default: what it has now
 */
function noteText(declared: readonly SecretInCall[], beside = '', digest?: string): string {
  const lines = declared.map(({ name, reference }) => {
    const [, key] = name.split('/');
    const named = key === undefined ? '' : `name ${key}\n`;
    return `${named}reference ${reference.$secret}\ndigest ${digest ?? reference.digest ?? 'none'}\n`;
  });
  return `${MARK}\n${lines.join('')}${beside}`;
}

/** The secret that the call which makes an object asks for; null where it asks for none. */
export function promptedSecret(row: ObjectRow, spec: JsonObject) {
  for (const [option, { promptedOnCreate }] of Object.entries(row.secrets ?? {})) {
    const reference = referenceOf(spec[option]);
    if (promptedOnCreate === true && reference !== null) return { option, reference };
  }
  return null;
}

/** Nothing of a secret is known any more, once its object is gone. */
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
