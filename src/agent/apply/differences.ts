// The differences found by an observation, as recorded and shown: fields of the target, and whether it runs. Limited in size, and without secrets.

import { structuredPatch } from 'diff';
import type { FoundDifference } from '../../managers/comparison.ts';
import type { Manager, Wanted } from '../../managers/manager.ts';
import type { Json } from '../../model/json.ts';
import type { FieldDifference } from '../../model/run.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';
import { hideInChange } from '../../plan/secret.ts';

/** Maximum number of differences that are recorded; a target's page says when there are more. */
const MAX_FIELDS = 40;
/** Maximum length of a recorded value, in characters. */
const MAX_VALUE_LENGTH = 300;
/** Maximum number of recorded lines of a text. */
const MAX_LINES = 30;
/** Texts with more changed lines than this are not compared by line. */
const MAX_EDITS = 500;

/** A difference as it is recorded, with what its place in the repository follows from. */
export type RecordedDifference = FieldDifference & Pick<FoundDifference, 'at' | 'compose'>;

/** Pure. */
export function differencesOf(manager: Manager, wanted: Wanted, observation: unknown): readonly RecordedDifference[] {
  const fields = [...powerDifference(manager, wanted, observation), ...manager.differences(wanted, observation)];
  const shown = fields.slice(0, MAX_FIELDS).map(recorded);
  const left = fields.length - shown.length;
  return left === 0 ? shown : [...shown, { field: `and ${left} more`, at: [], declared: null, observed: null }];
}

/** Absence is reported in a sentence instead. */
function powerDifference({ power }: Manager, { spec }: Wanted, observation: unknown): FoundDifference[] {
  if (power === undefined || spec === undefined || power.role(spec) !== 'runs') return [];
  const observed = power.running(observation);
  return observed === 'stopped' ? [{ field: 'on the host', at: [], declared: 'running', observed }] : [];
}

function recorded({ field, at, compose, declared, observed }: FoundDifference): RecordedDifference {
  const path = `/${field.replaceAll('.', '/')}`;
  const { before = null, after = null } = hideInChange({ path, before: observed, after: declared });
  const lines = changedLines(after, before);
  return {
    field,
    declared: cut(after),
    observed: cut(before),
    ...(at === undefined ? {} : { at }),
    ...(compose === undefined ? {} : { compose }),
    ...(lines === null ? {} : { lines }),
  };
}

function cut(value: Json): Json {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= MAX_VALUE_LENGTH ? value : truncated(text);
}

function truncated(text: string): string {
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH - 1)}…`;
}

/** Null for other values than texts of several lines, and for texts that have too little in common. */
function changedLines(declared: Json, observed: Json): readonly string[] | null {
  const texts = [declared, observed].filter((value) => typeof value === 'string');
  const isText =
    texts.some((text) => text.includes('\n')) && [declared, observed].every((value) => isTextOrNone(value));
  return isText ? linesBetween(String(declared ?? ''), String(observed ?? '')) : null;
}

/** The lines that differ, `-` as declared and `+` as observed, with one line around them, and no secret; null where the texts are the same or have too little in common. */
export function linesBetween(declared: string, observed: string): readonly string[] | null {
  const [old, now] = [hidePlainSecrets(declared), hidePlainSecrets(observed)];
  const patch = structuredPatch('', '', old, now, '', '', { context: 1, maxEditLength: MAX_EDITS });
  const lines = patch?.hunks.flatMap((hunk, index) => (index === 0 ? hunk.lines : ['…', ...hunk.lines])) ?? [];
  if (lines.length === 0) return null;
  const left = lines.length - MAX_LINES;
  return [...lines.slice(0, MAX_LINES).map(truncated), ...(left > 0 ? [`and ${left} more lines`] : [])];
}

function isTextOrNone(value: Json): boolean {
  return value === null || typeof value === 'string';
}
