// Parameters that depend on the value of another one, as Proxmox checks them (pve-common, PVE/JSONSchema.pm, check_one_of).

import { checkObject, type Errors, type Value } from './schema.ts';
import type { Schema, Schemas } from './table.ts';

/** The parameters of each value of a parameter; all other parameters of the method go with any value. */
export interface Variants {
  readonly by: string;
  readonly of: Readonly<Record<string, { readonly required: readonly string[]; readonly optional: readonly string[] }>>;
}

/** pve-ha-manager, PVE/HA/Rules.pm and PVE/HA/Rules/*.pm. */
const RULES = { required: ['resources'], optional: ['comment', 'disable'] };
const VARIANTS: Readonly<Record<string, Variants>> = {
  'POST /cluster/ha/rules': {
    by: 'type',
    of: {
      'node-affinity': { required: ['nodes', ...RULES.required], optional: ['strict', ...RULES.optional] },
      'resource-affinity': { required: ['affinity', ...RULES.required], optional: RULES.optional },
    },
  },
  'PUT /cluster/ha/rules/{rule}': {
    by: 'type',
    of: {
      'node-affinity': { required: [], optional: ['nodes', 'strict', ...RULES.required, ...RULES.optional] },
      'resource-affinity': { required: [], optional: ['affinity', ...RULES.required, ...RULES.optional] },
    },
  },
};

/** @param method such as `POST /cluster/ha/rules`; undefined is returned for one whose parameters are the same for all. */
export function variantsOf(method: string | undefined): Variants | undefined {
  return method === undefined ? undefined : VARIANTS[method];
}

const STRANGE = 'property is not defined in schema and the schema does not allow additional properties';

/** Checks parameters like `checkObject`: those of no variant as they are, and the others by the variant that is given. */
export function checkVariants(values: Readonly<Record<string, Value>>, schemas: Schemas, variants: Variants): Errors {
  const ofSome = new Set(Object.values(variants.of).flatMap(({ required, optional }) => [...required, ...optional]));
  const given = Object.entries(values);
  const errors = checkObject(
    Object.fromEntries(given.filter(([name]) => !ofSome.has(name))),
    new Map([...schemas].filter(([name]) => !ofSome.has(name))),
    '',
  );
  const type = String(values[variants.by] ?? '');
  const variant = errors.has(variants.by) ? undefined : variants.of[type];
  const own = variantSchemas(schemas, variant);
  for (const [name] of given) if (ofSome.has(name) && !own.has(name)) errors.set(name, STRANGE);
  const ofVariant = Object.fromEntries(given.filter(([name]) => own.has(name)));
  for (const [path, message] of checkObject(ofVariant, own, `oneOf[${type}]`)) errors.set(path, message);
  return errors;
}

function variantSchemas(schemas: Schemas, variant: Variants['of'][string] | undefined): Map<string, Schema> {
  const named = (names: readonly string[], isOptional: boolean): [string, Schema][] =>
    names.flatMap((name) => {
      const { optional: _, ...schema } = schemas.get(name) ?? {};
      return [[name, isOptional ? { ...schema, optional: 1 } : schema]];
    });
  return new Map([...named(variant?.required ?? [], false), ...named(variant?.optional ?? [], true)]);
}
