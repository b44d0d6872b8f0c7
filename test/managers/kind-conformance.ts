// What every kind must do, from its files to its decisions, in the manner of the driver tests of unstorage. The test of a kind calls
//
//   testKind(kind, { files })
//
// with a configuration that is sound and declares at least one target of it. What needs a host of its own, such as that two applies
// in a row leave nothing to do, is in contract.ts, and for guests in conformance.ts; docs/develop/new-kind.md walks through all of it.

import Ajv from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { type FileFormat, isAt } from '../../src/config/file-format.ts';
import { jsonSchemaOf } from '../../src/config/json-schema.ts';
import { keysOf } from '../../src/config/read/place.ts';
import { fieldsWith, matches } from '../../src/config/schema/field-metadata.ts';
import type { Loaded } from '../../src/load/load.ts';
import type { Config } from '../../src/managers/config.ts';
import { KINDS } from '../../src/managers/index.ts';
import type { Kind } from '../../src/managers/kind.ts';
import { kindOf, type TargetId } from '../../src/model/ids.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import type { Change } from '../../src/model/plan.ts';
import type { Target } from '../../src/model/target.ts';
import { diff } from '../../src/plan/diff/diff.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Host } from '../../src/ports/host.ts';
import { type Files, loadFiles } from '../load/environment.ts';
import { guardedHost } from '../support/host/guarded-host.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';
import { gone, wanted } from './guests.ts';

export interface KindCase {
  /** A sound configuration with a target of the kind, by the paths of its files. */
  readonly files: Files;
}

const IMPACTS = ['live', 'restart', 'recreate', 'destroy'];

/** What the files of a case are read as, with their keys as written and in reverse order. */
interface Readings {
  readonly asWritten: Loaded;
  readonly inReverse: Loaded;
}

/** Read once for all kinds that share a case. */
const readings = new WeakMap<KindCase, Readings>();

function readingsOf(example: KindCase, read: (files: Files) => Loaded): Readings {
  const before = readings.get(example);
  if (before !== undefined) return before;
  const { files } = example;
  const inReverse = Object.fromEntries(Object.entries(files).map(reversed));
  const found = { asWritten: read(files), inReverse: read(inReverse) };
  readings.set(example, found);
  return found;
}

export function testKind(kind: Kind, example: KindCase): void {
  const { files } = example;
  const kinds = KINDS.some((one) => one.kind === kind.kind) ? KINDS : [...KINDS, kind];
  const read = (written: Files = files): Loaded => loadFiles(written, { kinds });
  const targetsOf = (config: Config | null): ReadonlyMap<TargetId, Target> =>
    config === null ? new Map() : new Map(kind.targets(config).map((target) => [target.id, target]));
  const { asWritten, inReverse } = readingsOf(example, read);
  const { config, problems } = asWritten;
  const targets = targetsOf(config);
  const formats = kind.declares.files;
  const mine = Object.keys(files).filter((path) => formats.some((format) => isAt(format, path)));

  describe(`kind ${kind.kind}`, () => {
    test('its case is sound and declares it', () => {
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(targets.size).toBeGreaterThan(0);
    });

    test.skipIf(mine.length === 0)(
      'the JSON Schemas of its files take what its own schemas take, and nothing unknown',
      () => {
        for (const path of mine) {
          const format = formats.find((one) => isAt(one, path));
          const written = parsed(files[path]);
          expect(format?.schema.safeParse(written).success, path).toBe(true);
          const validate = validator(format?.schema);
          expect([validate(written), validate.errors], path).toEqual([true, null]);
          if (Array.isArray(written)) continue;
          const { severity, file } = read({ ...files, [path]: { ...written, not_a_field: 1 } }).problems.find(
            ({ code }) => code === 'UNKNOWN_KEY',
          ) ?? { severity: null, file: null };
          expect([severity, file]).toEqual(['error', path]);
        }
      },
    );

    test.skipIf(formats.length === 0)(
      'every field of its files is described, and no file shares its name or place',
      () => {
        for (const { name, schema } of formats) expect(undescribed(jsonSchemaOf(schema)), name).toEqual([]);
        const all = kinds.flatMap(({ declares }) => declares.files);
        expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
        for (const path of mine) expect(all.filter((format) => isAt(format, path))).toHaveLength(1);
      },
    );

    test.skipIf(formats.length === 0)('an empty file is told what to write', () => {
      for (const path of mine) {
        const { hint } = read({ ...files, [path]: '' }).problems.find((one) => one.file === path) ?? { hint: null };
        expect(hint, path).toMatch(/\.$/);
      }
    });

    test('its targets are its own, and the same whatever the order of keys', () => {
      for (const id of targets.keys()) expect(kindOf(id)).toBe(kind.kind);
      expect(config === null ? 0 : kind.targets(config).length).toBe(targets.size);
      const again = targetsOf(inReverse.config);
      expect(new Set(again.keys())).toEqual(new Set(targets.keys()));
      expect(diff(targets, again)).toEqual([]);
    });

    test('its specs are plain JSON that nobody can change by looking', () => {
      for (const { spec } of targets.values()) expect(JSON.parse(JSON.stringify(spec))).toStrictEqual(spec);
      const before = JSON.stringify([...targets]);
      for (const target of targets.values()) kind.impact(changed(target, { ...target.spec }));
      expect(JSON.stringify([...targets])).toBe(before);
    });

    test('no secret in plain text stands in a spec', () => {
      const secret = 'hunter2-hunter2-hunter2';
      for (const { at, path } of secretPlaces(files, formats)) {
        const specs = targetsOf(read(at(secret)).draft);
        expect(JSON.stringify([...specs.values()]), path).not.toContain(secret);
      }
    });

    test('a plan names each field by a path that leads to it, and the cost of each change is known', () => {
      const plan = makePlan({
        from: null,
        to: 'one',
        before: new Map(),
        after: targets,
        impact: (one) => kind.impact(one),
      });
      if (plan.kind !== 'plan') throw new Error('a circle of needs');
      expect(new Set(plan.plan.steps.map(({ target }) => target))).toEqual(new Set(targets.keys()));
      for (const { target, impact, changes } of plan.plan.steps) {
        expect(IMPACTS).toContain(impact);
        for (const { path, after } of changes) expect(valueAt(targets.get(target)?.spec, path), path).toEqual(after);
      }
      for (const target of targets.values()) {
        const away = { ...changed(target, {}), verb: 'delete', after: undefined } as const;
        expect(IMPACTS).toContain(kind.impact(away));
        for (const field of Object.keys(target.spec)) {
          const other = otherwise(target.spec[field]);
          const change = changed(target, { ...target.spec, [field]: other });
          expect(IMPACTS, `${target.id} ${field}`).toContain(kind.impact(change));
        }
      }
    });

    test('decisions are the same for the same, whoever asks and how often', async () => {
      const host = await openLabHost();
      try {
        for (const target of targets.values()) {
          const seen = await kind.observe(guardedHost(host), wanted(target)).catch(() => null);
          if (seen === null) continue;
          const text = JSON.stringify(seen);
          expect(kind.decide(wanted(target), seen)).toEqual(kind.decide(wanted(target), seen));
          expect(JSON.stringify(seen)).toBe(text);
        }
      } finally {
        await host.close();
      }
    });

    describe('a look', () => {
      let host: LabHost;
      beforeEach(async () => {
        host = await openLabHost();
      });
      afterEach(() => host.close());

      test('changes nothing', async () => {
        const only = guardedHost(readOnly(host));
        await kind.inventory(only);
        for (const target of targets.values())
          for (const ask of [wanted(target), gone(target)]) await kind.observe(only, ask);
      });

      test('that is not answered is not taken for an empty host', async () => {
        for (const target of targets.values()) {
          for (const unanswered of [dead, blind]) {
            let refusals = 0;
            const asked = unanswered(host, () => {
              refusals += 1;
            });
            const seen = await kind.observe(asked, wanted(target)).catch(() => undefined);
            // It failed completely, as it should, or every command was answered.
            if (seen === undefined || refusals === 0) continue;
            const decision = kind.decide(wanted(target), seen);
            const acts = decision.kind === 'actions' ? decision.actions.map(({ summary }) => summary) : [];
            expect(acts, `${target.id} where ${refusals} questions were not answered`).toEqual([]);
          }
        }
      });
    });
  });
}

function parsed(written: unknown): JsonObject | Json[] {
  return typeof written === 'string' ? JSON.parse(written) : (written as JsonObject);
}

function validator(schema: z.ZodType | undefined) {
  const ajv = new Ajv.default({ strict: false, allErrors: true, validateFormats: false });
  return ajv.compile(schema === undefined ? false : jsonSchemaOf(schema));
}

/** Pointers to the fields of a JSON Schema without a description. */
function undescribed(schema: unknown, path = ''): string[] {
  if (Array.isArray(schema)) return schema.flatMap((one, index) => undescribed(one, `${path}/${index}`));
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...parts } = schema as { readonly properties?: Readonly<Record<string, object>> };
  const fields = Object.entries(properties).flatMap(([name, field]) => [
    ...('description' in field && String(field.description).endsWith('.') ? [] : [`${path}/${name}`]),
    ...undescribed(field, `${path}/${name}`),
  ]);
  return [...fields, ...Object.entries(parts).flatMap(([key, part]) => undescribed(part, `${path}/${key}`))];
}

/** A JSON file with the keys of every object the other way round. */
function reversed([path, written]: [string, unknown]): [string, unknown] {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, part]): [string, unknown] => [key, turn(part)])
        .reverse(),
    );
  };
  return path.endsWith('.json') ? [path, turn(parsed(written))] : [path, written];
}

function changed(target: Target, after: JsonObject): Change {
  const [before, now] = [target, { ...target, spec: after }].map((one) => new Map([[one.id, one]]));
  const [found] = diff(before ?? new Map(), now ?? new Map());
  return found ?? { target: target.id, verb: 'update', before: target.spec, after, fields: [] };
}

/** Another value of the same shape, or nothing where there was something. */
function otherwise(value: Json | undefined): Json {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value}x`;
  return Array.isArray(value) ? value.slice(1) : (value ?? null);
}

function valueAt(value: unknown, pointer: string): unknown {
  return keysOf(pointer).reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

/** The files with a text in place of a value that a schema marks as secret, for each that the case has. */
function secretPlaces(files: Files, formats: readonly FileFormat[]) {
  return Object.entries(files).flatMap(([path, written]) => {
    const format = formats.find((one) => isAt(one, path));
    if (format === undefined) return [];
    const found = fieldsWith(format.schema, 'secret').flatMap(({ pattern }) => [...matches(parsed(written), pattern)]);
    return found.map(({ keys }) => ({
      path: `${path} ${keys.join('/')}`,
      at(secret: string): Files {
        const copy = structuredClone(parsed(written)) as JsonObject;
        const parent = keys.slice(0, -1).reduce((at, key) => at[key] as JsonObject, copy) as Record<string, Json>;
        parent[keys.at(-1) ?? ''] = secret;
        return { ...files, [path]: copy };
      },
    }));
  });
}

/** A host that is only looked at. */
function readOnly(host: Host): Host {
  const refuse = async (): Promise<never> => {
    throw new Error('a look must change nothing');
  };
  return { ...host, writeFile: refuse, makeFolder: refuse, sign: refuse };
}

/** A node whose files cannot be read. */
function blind(host: Host, refused: () => void): Host {
  const refuse = async (): Promise<never> => {
    refused();
    throw new Error('Input/output error');
  };
  return { ...host, readFile: refuse, readFolders: refuse, inspect: refuse, publicKey: refuse };
}

/** An unreachable node: its programs end as over an interrupted SSH connection, and its services do not answer. */
function dead(host: Host, refused: () => void): Host {
  return {
    ...blind(host, refused),
    async run() {
      refused();
      return { exit: 255, ended: 'exited', stdout: '', stderr: 'Connection reset by peer', ms: 1 };
    },
  };
}
