// The parameters of Proxmox's programs, extracted from Proxmox's API description (scripts/cut-proxmox-table.mjs). The basis for what configurations
// may contain, what managers send and what the lab accepts.
import { FURTHER_FORMATS } from './further-formats.ts';
import table from './table.json' with { type: 'json' };

/** The schema of a parameter or of a property. */
export type Schema = {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  readonly optional?: number;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** A property string format in the table, or a verifier (formats.ts). */
  readonly format?: string;
  readonly requires?: string;
  readonly alias?: string;
  readonly keyAlias?: string;
  readonly default_key?: number;
  /** The default value, if Proxmox defines one; some are only descriptions. */
  readonly default?: string | number;
  readonly items?: Schema;
};

export type Schemas = ReadonlyMap<string, Schema>;

/** A verb of a program: positional arguments in order, and the schema of every parameter, except `node`. */
export type Verb = {
  readonly positional: readonly string[];
  readonly schemas: Schemas;
  /** Whether it takes the options for the form of its output (`--output-format`). */
  readonly formatOptions?: boolean;
  /** The API method that it calls, such as `PUT /access/acl`; undefined for one of its own. */
  readonly method?: string | undefined;
};

const { verbs, methods, highestIndex } = table;
const formats = new Map<string, Readonly<Record<string, Schema>>>();

/** A property string format by name, expanded on first use, since every command loads this file. */
function formatNamed(name: string): Readonly<Record<string, Schema>> | undefined {
  const known = formats.get(name) ?? FURTHER_FORMATS[name];
  if (known !== undefined || !Object.hasOwn(table.formats, name)) return known;
  const properties = Object.entries(table.formats[name] ?? {}).map(([property, schema]) => [property, unfold(schema)]);
  const format = Object.fromEntries(properties) as Record<string, Schema>;
  formats.set(name, format);
  return format;
}

const unfolded = new Map<number, Schema>();

/** A schema of the table with expanded name ranges (`mp0..255`). */
function schemaAt(index: number): Schema {
  const known = unfolded.get(index);
  if (known !== undefined) return known;
  const written = table.schemas[index];
  if (written === undefined) throw new Error(`table.json has no schema ${index}`);
  const schema = unfold(written);
  unfolded.set(index, schema);
  return schema;
}

function unfold(schema: Schema): Schema {
  return schema.enum === undefined ? schema : { ...schema, enum: schema.enum.flatMap(writtenOut) };
}

function writtenOut(value: string): string[] {
  const [, stem, last] = /^(\D+)0\.\.(\d+)$/.exec(value) ?? [];
  return stem === undefined ? [value] : Array.from({ length: Number(last) + 1 }, (_, index) => `${stem}${index}`);
}

/** The parameters of an API method, with numbered ones (`net[n]`) expanded, except those in `without`. */
export function methodSchemas(method: string, without: readonly string[] = []): Schemas | undefined {
  const written = methods[method]?.parameters;
  return written === undefined
    ? undefined
    : writtenOutSchemas(written, method.includes('/qemu') ? 'qemu' : 'lxc', without);
}

function writtenOutSchemas(
  written: Record<string, number | undefined>,
  kind: string,
  without: readonly string[],
): Schemas {
  const schemas = new Map<string, Schema>();
  for (const [name, index] of Object.entries(written)) {
    if (index === undefined || without.includes(name)) continue;
    const numbered = name.endsWith('[n]') ? name.slice(0, -3) : undefined;
    if (numbered === undefined) schemas.set(name, schemaAt(index));
    else
      for (let number = 0; number <= (highestIndex[kind]?.[numbered] ?? 0); number++)
        schemas.set(`${numbered}${number}`, schemaAt(index));
  }
  return schemas;
}

/** Path templates of the table for an HTTP method: `/nodes/{node}/lxc/{vmid}`. */
export function pathTemplates(method: string): string[] {
  return Object.keys(methods).flatMap((key) => (key.startsWith(`${method} `) ? [key.slice(method.length + 1)] : []));
}

/** A verb by full name (`qm disk import`); undefined if not in the table. Aliases are not verbs. */
export function verbNamed(name: string): Verb | undefined {
  const known = namedVerbs.get(name) ?? verbAsWritten(name);
  if (known !== undefined) namedVerbs.set(name, known);
  return known;
}

const namedVerbs = new Map<string, Verb>();

function verbAsWritten(name: string): Verb | undefined {
  const written = verbs[name];
  if (written?.positional === undefined) return undefined;
  const schemas =
    written.method === undefined
      ? writtenOutSchemas(written.parameters ?? {}, 'lxc', [])
      : methodSchemas(written.method, written.fixed);
  if (schemas === undefined) return undefined;
  return { positional: written.positional, schemas, formatOptions: written.formatted === 1, method: written.method };
}

interface VerbWords {
  /** After the name of the program. */
  readonly words: readonly string[];
  /** The target verb of an alias. */
  readonly alias: readonly string[] | undefined;
}

/** All verbs of a program; none of one that is not in the table. */
export function verbsOf(program: string): readonly VerbWords[] {
  return verbsByProgram.get(program) ?? [];
}

const verbsByProgram: ReadonlyMap<string, readonly VerbWords[]> = new Map(
  [...Map.groupBy(Object.entries(verbs), ([name]) => name.split(' ')[0] ?? '')].map(([program, named]) => [
    program,
    named.map(([name, verb]) => ({ words: name.split(' ').slice(1), alias: verb.alias?.split(' ') })),
  ]),
);

/** Maximum number of options of a kind: 256 for `mp0` to `mp255`. */
export function placesFor(kind: 'lxc' | 'qemu', option: string): number {
  return (highestIndex[kind]?.[option] ?? -1) + 1;
}

const CONFIG_OPTIONS: Record<string, string> = {
  lxc: 'PUT /nodes/{node}/lxc/{vmid}/config',
  qemu: 'PUT /nodes/{node}/qemu/{vmid}/config',
};

/**
 * The properties of a property string: by format name, or by guest kind and config option without its number
 * (`lxc/net`, `qemu/ipconfig`). Undefined when there is no such format.
 */
export function propertiesOf(format: string): Readonly<Record<string, Schema>> | undefined {
  if (!propertiesByFormat.has(format)) propertiesByFormat.set(format, readFormat(format));
  return propertiesByFormat.get(format);
}

const propertiesByFormat = new Map<string, Readonly<Record<string, Schema>> | undefined>();

function readFormat(format: string): Readonly<Record<string, Schema>> | undefined {
  const own = formatNamed(format);
  if (own !== undefined) return own;
  const [kind = '', option = ''] = format.split('/');
  const known = methods[CONFIG_OPTIONS[kind] ?? '']?.parameters;
  const index = known?.[`${option}[n]`] ?? known?.[option];
  const named = index === undefined ? undefined : schemaAt(index).format;
  return named === undefined ? undefined : formatNamed(named);
}

/** Names of all guest options, numbered ones as `net[n]`; includes parameters of the command only. */
export function configOptions(kind: 'lxc' | 'qemu'): string[] {
  return Object.keys(methods[CONFIG_OPTIONS[kind] ?? '']?.parameters ?? {});
}

/** The schema of a guest option by full name (`net0`), for values read from a file. */
export function configOption(kind: 'lxc' | 'qemu', option: string): Schema | undefined {
  const known = methods[CONFIG_OPTIONS[kind] ?? '']?.parameters;
  const [, stem = '', number = ''] = /^([a-z]+)(\d+)$/.exec(option) ?? [];
  const index =
    (known !== undefined && Object.hasOwn(known, option) ? known[option] : undefined) ??
    (Number(number) <= (highestIndex[kind]?.[stem] ?? -1) ? known?.[`${stem}[n]`] : undefined);
  return index === undefined ? undefined : schemaAt(index);
}

/** Names used by formats: time zones, services and protocols of the host, CPU models. */
export const { names } = table;

/** The firewall's macros with the fields that their rules set. */
export const { macros } = table;

/** The verb of `pct` or `qm` for an API method (`PUT /nodes/{node}/lxc/{vmid}/config` is `pct set`). */
export function verbForMethod(method: string): string | undefined {
  return Object.keys(verbs).find((name) => /^(pct|qm) /.test(name) && verbs[name]?.method === method);
}
