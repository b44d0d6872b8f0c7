// The parameter check that every Proxmox program makes before it reads any state: parses options and positional arguments like Getopt::Long, then
// checks each value against its schema.
import { existsSync, readFileSync } from 'node:fs';
import { CPU_MODELS_FILE, customModelOf, parseCpuModels } from '../../../../src/proxmox/guests/cpu-models.ts';
import { booleanOf } from '../../../../src/proxmox/parameters/perl.ts';
import { checkObject, printErrors, type Value } from '../../../../src/proxmox/parameters/schema.ts';
import { type Schema, type Schemas, type Verb, verbNamed, verbsOf } from '../../../../src/proxmox/parameters/table.ts';
import { checkVariants, variantsOf } from '../../../../src/proxmox/parameters/variants.ts';
import { type OptionSpec, readOptions } from './getopt.ts';
import { FORMAT_OPTIONS, type Usage, usageLine } from './usage.ts';

/** Parameters as the programs see them after the check: scalars as text (booleans `1` or `0`), arrays as lists. */
export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** The parameters, or the complete error output with the usage line. */
export type Checked =
  | { readonly ok: true; readonly parameters: Parameters }
  | { readonly ok: false; readonly stderr: string };

/** Options with an optional value, which the program then prompts for. */
const PROMPTED: Record<string, readonly string[]> = {
  'pct create': ['password'],
  'qm create': ['cipassword'],
  'qm set': ['cipassword'],
  'qm guest passwd': ['password'],
  'pvesm add': ['password'],
  'pvesm set': ['password'],
};

/** Those of them that are prompted for twice: without a terminal, each is a line of standard input (PVE/CLIHandler.pm, pve-password; PVE/PTY.pm). */
const PROMPTED_TWICE: ReadonlySet<string> = new Set([
  'pct create password',
  'qm create cipassword',
  'qm set cipassword',
]);

/** Options whose value is the path of a file with the real value. */
const FROM_FILE: Record<string, Record<string, (text: string) => string>> = {
  'pct create': { 'ssh-public-keys': (text) => text },
  'pvenode cert set': { certificates: (text) => text, key: (text) => text },
  'qm create': { sshkeys: uriEscaped },
  'qm set': { sshkeys: uriEscaped },
};

/**
 * Checks a command line of `pct`, `qm`, `pvesm` or `pveam`.
 * @param name program and verb in full, for instance `pct set` or `qm disk import` (resolveVerb finds it)
 * @param argv what follows the verb
 * @param locate where a file of the node lies
 * @param stdin what is read where the program asks
 */
export function checkParameters(
  name: string,
  argv: readonly string[],
  locate: (path: string) => string = (path) => path,
  stdin: () => Buffer = () => Buffer.alloc(0),
): Checked {
  const verb = verbNamed(name);
  if (verb === undefined) throw new Error(`the lab has no verb '${name}'`);
  const asked = PROMPTED[name] ?? [];
  const usage: Usage = { command: name, ...verb, asked: asked.filter((option) => option === 'password') };
  const schemas = verb.formatOptions === true ? new Map([...verb.schemas, ...FORMAT_OPTIONS]) : verb.schemas;
  const read = readParameters({ ...verb, schemas }, argv, asked);
  if ('stderr' in read) return { ok: false, stderr: `${read.stderr}${usageLine(usage)}` };
  const { parameters } = read;
  const unread = readFiles(name, parameters, locate) ?? readPasswords(name, parameters, stdin);
  if (unread !== undefined) return { ok: false, stderr: unread };
  const checked = verified(parameters, schemas, usage, verb.method);
  const model = checked.ok ? unknownModel(name, parameters, locate) : undefined;
  if (model === undefined) return checked;
  const refused = `cpu: invalid format - Custom cputype '${model}' not found\n\n`;
  return { ok: false, stderr: `400 Parameter verification failed.\n${refused}${usageLine(usage)}` };
}

/** Puts the content of files in the place of their paths; returns the error, or undefined. */
function readFiles(
  name: string,
  parameters: Record<string, Value>,
  locate: (path: string) => string,
): string | undefined {
  for (const [option, translate] of Object.entries(FROM_FILE[name] ?? {})) {
    const file = parameters[option];
    if (typeof file !== 'string') continue;
    try {
      parameters[option] = translate(readFileSync(locate(file), 'utf8'));
    } catch {
      return `can't open '${file}' - No such file or directory\n`;
    }
  }
  return undefined;
}

/** Reads passwords that are prompted for twice; returns the error, or undefined. */
function readPasswords(name: string, parameters: Record<string, Value>, stdin: () => Buffer): string | undefined {
  for (const option of PROMPTED[name] ?? []) {
    if (parameters[option] !== '' || !PROMPTED_TWICE.has(`${name} ${option}`)) continue;
    const [first, second, ...rest] = stdin().toString().split('\n');
    if (first === undefined || second === undefined || rest.length === 0) return 'EOF while reading password\n';
    if (first !== second) return 'Passwords do not match.\n';
    parameters[option] = first;
  }
  return undefined;
}

/** The custom CPU model of a machine that the cluster does not have; undefined for none. */
function unknownModel(
  name: string,
  { cpu }: Record<string, Value>,
  locate: (path: string) => string,
): string | undefined {
  if ((name !== 'qm create' && name !== 'qm set') || typeof cpu !== 'string') return undefined;
  const model = customModelOf(cpu);
  return model === null || modelsIn(locate(CPU_MODELS_FILE)).has(model) ? undefined : model;
}

function modelsIn(file: string): ReadonlyMap<string, unknown> {
  return parseCpuModels(existsSync(file) ? readFileSync(file, 'utf8') : '');
}

/**
 * Checks parsed parameters against their schemas; errors are worded like those of the program that parsed them.
 * @param method of the API, whose parameters may depend on one of them
 */
export function verified(
  parameters: Record<string, Value>,
  schemas: Schemas,
  usage: Usage,
  method: string | undefined,
): Checked {
  const variants = variantsOf(method);
  const errors =
    variants === undefined ? checkObject(parameters, schemas, '') : checkVariants(parameters, schemas, variants);
  if (errors.size === 0) return { ok: true, parameters };
  return { ok: false, stderr: `400 Parameter verification failed.\n${printErrors(errors)}${usageLine(usage)}` };
}

/** Parses a command line, without checking values. */
export function readParameters(
  { positional, schemas }: Verb,
  argv: readonly string[],
  asked: readonly string[] = [],
): { parameters: Record<string, Value> } | { stderr: string } {
  const specs = new Map(
    [...schemas].flatMap(([option, schema]) =>
      schema.alias === undefined ? [[option, specOf(option, schema, asked)] as const] : [],
    ),
  );
  const { values, rest, errors } = readOptions(argv, specs);
  if (errors.length > 0) return { stderr: `${errors.join('\n')}\n400 unable to parse option\n` };
  const parameters: Record<string, Value> = Object.create(null);
  for (const [option, value] of values) parameters[option] = value;
  const fault = placeWords(parameters, rest, positional, schemas) ?? readTexts(parameters, schemas);
  return fault === undefined ? { parameters } : { stderr: `400 ${fault}\n` };
}

/** Puts the words that are not options in their places; returns the error, or undefined. */
function placeWords(
  parameters: Record<string, Value>,
  given: readonly string[],
  positional: readonly string[],
  schemas: Schemas,
): string | undefined {
  const words = [...given];
  for (const place of positional) {
    if (given.length > 0 && parameters['extra-args'] !== undefined)
      return 'internal error: extra-args must be the last argument';
    if (place === 'extra-args') parameters[place] = words.splice(0);
    else {
      const word = words.shift();
      if (word !== undefined) parameters[place] = word;
      else if (!schemas.get(place)?.optional) return 'not enough arguments';
    }
  }
  return words.length > 0 ? 'too many arguments' : undefined;
}

/** Turns flags into `1` and `0`, and the values of lists into one text; returns the error, or undefined. */
function readTexts(parameters: Record<string, Value>, schemas: Schemas): string | undefined {
  for (const [option, value] of Object.entries(parameters)) {
    const type = schemas.get(option)?.type;
    if (type === 'boolean' && typeof value === 'string') {
      const flag = value === '' ? '1' : booleanOf(value);
      if (flag === undefined) return 'unable to parse boolean option';
      parameters[option] = flag;
    } else if (Array.isArray(value) && type !== 'array') parameters[option] = value.join(',');
  }
  return undefined;
}

function specOf(option: string, schema: Schema, asked: readonly string[]): OptionSpec {
  if (schema.type === 'boolean' || asked.includes(option)) return { value: 'optional', repeated: false };
  return { value: 'required', repeated: schema.type === 'array' || schema.format?.includes('-list') === true };
}

/** Percent-encodes as Perl's URI::Escape does. */
function uriEscaped(text: string): string {
  return encodeURIComponent(text);
}

/** The verb of a command line and the words after it; else the error. */
export type Resolved = { readonly verb: string; readonly argv: readonly string[] } | { readonly stderr: string };

/** Finds the verb of a command line. Words may be abbreviated while unique; aliases are resolved. */
export function resolveVerb(program: string, argv: readonly string[]): Resolved {
  const verbs = verbsOf(program);
  let given = [...argv];
  const words: string[] = [];
  if (given.length === 0) return { stderr: `ERROR: no command specified\n${programUsage(program)}` };
  while (given.length > 0) {
    const here = verbs.filter(
      (verb) => words.every((word, index) => verb.words[index] === word) && verb.words.length > words.length,
    );
    const choices = [
      ...new Set(here.filter((verb) => verb.alias === undefined).map((verb) => verb.words[words.length] ?? '')),
      ...(words.length === 0 ? ['help'] : []),
    ];
    const written = given.shift() ?? '';
    const alias = here.find((verb) => verb.words.length === words.length + 1 && verb.words.at(-1) === written)?.alias;
    if (alias !== undefined) {
      given = [...alias, ...given];
      words.length = 0;
      continue;
    }
    const hits = choices.filter((choice) => choice.startsWith(written));
    const word = choices.includes(written) ? written : hits.length === 1 ? hits[0] : undefined;
    if (word === undefined)
      return { stderr: `ERROR: unknown command '${[program, ...words, written].join(' ')}'\n${programUsage(program)}` };
    words.push(word);
    const verb = [program, ...words].join(' ');
    if (verbNamed(verb) !== undefined) return { verb, argv: given };
    if (here.some(({ words: all }) => all.length === words.length && all.at(-1) === word))
      return { stderr: `the lab leaves out '${verb}'\n` };
  }
  return { stderr: `ERROR: incomplete command '${[program, ...words].join(' ')}'\n${programUsage(program)}` };
}

/** The usage of a whole program: a line for each verb. */
function programUsage(program: string): string {
  const lines = verbsOf(program).flatMap(({ words, alias }) => {
    const name = [program, ...words].join(' ');
    const verb = alias === undefined ? verbNamed(name) : undefined;
    return verb === undefined ? [] : [`       ${usageLine({ command: name, ...verb })}`];
  });
  return `USAGE: ${program} <COMMAND> [ARGS] [OPTIONS]\n\n${lines.join('')}`;
}
