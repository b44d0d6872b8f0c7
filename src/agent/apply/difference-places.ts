// What the config repo says about differences: where the fields are written, so that one leads to the line that declares it, and the lines of a compose file
// that differ.

import { dirname } from 'node:path';
import type { Place } from '../../config/read/place.ts';
import type { ComposeTexts, Step } from '../../managers/comparison.ts';
import { shownComposeTexts } from '../../managers/compose-texts.ts';
import { writtenValues } from '../../managers/written-values.ts';
import { kindOf, type TargetId } from '../../model/ids.ts';
import type { Json } from '../../model/json.ts';
import type { FieldDifference } from '../../model/run.ts';
import { isArray, isObject, same } from '../../plan/diff/canonical.ts';
import { child, keys } from '../../plan/diff/pointer.ts';
import type { Context } from '../context.ts';
import { linesOf } from '../lines-of.ts';
import { declaredAt } from '../reconcile/desired-state.ts';
import { linesBetween, type RecordedDifference } from './differences.ts';

/** The differences with their places, as they are recorded. @param commit that declares the target */
export async function withPlaces(
  context: Context,
  commit: string,
  target: TargetId,
  differs: readonly RecordedDifference[],
): Promise<readonly FieldDifference[]> {
  const declared = differs.length === 0 ? undefined : await declaredAt(context, commit);
  const config = declared?.config ?? null;
  const { sources } = context.managers.managerOf(kindOf(target));
  const entry = config === null ? null : sources.entry(config, target);
  if (declared === undefined || config === null || entry === null)
    return differs.map(({ at: _, compose: __, ...each }) => each);
  const { files } = await context.repository.snapshot(declared.commit);
  const value = writtenValues(files)(entry.file);
  const paths = differs.map(({ at, field }) => pointerTo(value, entry, at ?? field.split('.')));
  const lines = linesOf(
    files,
    entry.file,
    paths.filter((path) => path !== null),
  );
  const inRepository = (file: string) => (declared.root === '' ? file : `${declared.root}/${file}`);
  return Promise.all(
    differs.map(async ({ at, compose, ...each }, index) => {
      if (compose !== undefined) {
        // Stacks may have the same file each.
        const holding = [...files].filter(([, { blob }]) => blob === compose.blob).map(([path]) => path);
        const file = holding.find((path) => dirname(path) === dirname(entry.file)) ?? holding[0];
        const place = file === undefined ? {} : { place: { file: inRepository(file), path: '', line: null } };
        return { ...each, ...place, ...(await composeLines(context, compose)) };
      }
      const part = sources.placeOf?.(config, at ?? []) ?? null;
      if (part !== null) {
        const line = part.line ?? linesOf(files, part.file, [part.path]).get(part.path) ?? null;
        return { ...each, place: { file: inRepository(part.file), path: part.path, line } };
      }
      const path = paths[index] ?? null;
      if (path === null) return each;
      return { ...each, place: { file: inRepository(entry.file), path, line: lines.get(path) ?? null } };
    }),
  );
}

/** The lines of a compose file that differ; empty where it is the same, or is no YAML on the host. */
async function composeLines(
  { repository }: Pick<Context, 'repository'>,
  compose: ComposeTexts,
): Promise<Pick<FieldDifference, 'lines'>> {
  const texts = shownComposeTexts(Buffer.from(await repository.blob(compose.blob)).toString(), compose);
  const lines = texts === null ? null : linesBetween(texts.declared, texts.observed);
  return lines === null ? {} : { lines };
}

/** The deepest value of the file on the way to a field; null where it has not even the first step. Pure. */
export function pointerTo(file: Json | undefined, entry: Pick<Place, 'path'>, way: readonly Step[]): string | null {
  let value = keys(entry.path).reduce<Json | undefined>(valueAt, file);
  let path: string | null = null;
  for (const step of way) {
    const key = keyOf(value, step);
    if (key === null) break;
    path = child(path ?? entry.path, key);
    value = valueAt(value, key);
  }
  return path;
}

/** The key of a step in a value that has it; null where it has not. */
function keyOf(value: Json | undefined, step: Step): string | null {
  if (typeof step === 'string' || typeof step === 'number')
    return valueAt(value, String(step)) === undefined ? null : String(step);
  if (isObject(value)) return Object.hasOwn(value, step.name) ? step.name : null;
  if (value === undefined || value === null || typeof value !== 'object') return null;
  const index = value.findIndex(
    (item) => isObject(item) && Object.entries(step.is).every(([key, wanted]) => same(item[key], wanted)),
  );
  return index < 0 ? null : String(index);
}

function valueAt(value: Json | undefined, key: string): Json | undefined {
  if (isObject(value)) return Object.hasOwn(value, key) ? value[key] : undefined;
  return value !== undefined && value !== null && isArray(value) ? value[Number(key)] : undefined;
}
