// Data files that were generated from other programs: each has the form that the declaration beside it promises to the code.

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import table from '../../src/proxmox/parameters/table.json' with { type: 'json' };
import types from '../../src/traefik/schema.json' with { type: 'json' };

const numbers = z.record(z.string(), z.int().nonnegative());
const texts = z.array(z.string());

const property = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'array']).optional(),
  optional: z.literal([0, 1]).optional(),
  enum: texts.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  requires: z.string().optional(),
  alias: z.string().optional(),
  keyAlias: z.string().optional(),
  default_key: z.number().optional(),
  default: z.union([z.string(), z.number()]).optional(),
  get items() {
    return property.optional();
  },
});

const shape = z.union([
  z.enum(['string', 'bool', 'int', 'int64', 'uint32', 'duration', 'raw']),
  z.strictObject({ type: z.string() }),
  z.strictObject({
    get pointer() {
      return shape;
    },
  }),
  z.strictObject({
    get list() {
      return shape;
    },
  }),
  z.strictObject({
    get map() {
      return shape;
    },
  }),
]);

describe('the parameters of Proxmox', () => {
  it('have the declared form', () => {
    const declared = z.strictObject({
      source: z.string(),
      highestIndex: z.record(z.string(), numbers),
      verbs: z.record(
        z.string(),
        z.strictObject({
          alias: z.string().optional(),
          positional: texts.optional(),
          method: z.string().optional(),
          fixed: texts.optional(),
          formatted: z.number().optional(),
          parameters: numbers.optional(),
        }),
      ),
      methods: z.record(z.string(), z.strictObject({ parameters: numbers })),
      formats: z.record(z.string(), z.record(z.string(), property)),
      names: z.strictObject({ timeZones: texts, services: texts, protocols: texts, cpuModels: texts }),
      macros: z.record(z.string(), z.array(z.record(z.string(), z.string()))),
      schemas: z.array(property),
    });
    expect(declared.safeParse(table).error?.issues ?? []).toEqual([]);
  });

  it('refer to schemas that are there', () => {
    const lists = [...Object.values(table.methods), ...Object.values(table.verbs)].map(({ parameters }) => parameters);
    const highest = Math.max(...lists.flatMap((parameters) => Object.values(parameters ?? {})));
    expect(highest).toBe(table.schemas.length - 1);
  });
});

describe("Traefik's types", () => {
  it('have the declared form', () => {
    const flag = z.boolean().optional();
    const field = z.strictObject({
      ...{ name: z.string(), is: shape, label: z.string().optional() },
      ...{ single: flag, allowEmpty: flag, ignored: flag, inFiles: flag, embedded: flag },
    });
    const struct = z.strictObject({ fields: z.array(field), defaults: z.record(z.string(), z.json()).optional() });
    expect(z.record(z.string(), struct).safeParse(types).error?.issues ?? []).toEqual([]);
  });
});
