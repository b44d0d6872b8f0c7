// The parameter check of pvesh: finds the API method by the path, then reads the rest of the command line as that method's parameters and pvesh's own
// output options.

import { methodSchemas, pathTemplates, type Schema, type Verb } from '../../../../src/proxmox/parameters/table.ts';
import { type Parameters, readParameters, verified } from './check.ts';
import { FORMAT_OPTIONS, type Usage, usageLine } from './usage.ts';

const METHODS: Record<string, string> = { get: 'GET', set: 'PUT', create: 'POST', delete: 'DELETE' };

/** A valid call: its method and path template, and all parameters, including those of the path. */
export type ApiCall = {
  readonly method: string;
  readonly template: string;
  readonly parameters: Parameters;
  readonly output: Output;
  readonly usage: Usage;
};

/** Output format; undefined: no output. */
export type Output = 'text' | 'json' | 'json-pretty' | 'yaml' | undefined;

const optionalFlag: Schema = { type: 'boolean', optional: 1 };
const OWN: ReadonlyMap<string, Schema> = new Map([
  ['api_path', { type: 'string' }],
  ['noproxy', optionalFlag],
]);
/** Checks `pvesh COMMAND PATH …`; the caller has found the verb already. */
export function checkApiCall(
  command: string,
  argv: readonly string[],
): { call: ApiCall } | { stderr: string; rc: number } {
  const method = METHODS[command] ?? 'GET';
  const [path] = argv;
  const found = path === undefined || path === '' ? undefined : findPath(method, path);
  if (path && found === undefined) return { stderr: `No '${command}' handler defined for '${path}'\n`, rc: 1 };
  const own = new Map([
    ...(found === undefined ? [] : (methodSchemas(found.key, Object.keys(found.values)) ?? [])),
    ...OWN,
  ]);
  const usage: Usage = { command: `pvesh ${command}`, positional: ['api_path'], schemas: own, formatOptions: true };
  const verb: Verb = { positional: ['api_path'], schemas: new Map([...own, ...FORMAT_OPTIONS]) };
  const read = readParameters(verb, argv);
  if ('stderr' in read) return { stderr: `${read.stderr}${usageLine(usage)}`, rc: 255 };
  const checked = verified(read.parameters, verb.schemas, usage, found?.key);
  if (!checked.ok) return { stderr: checked.stderr, rc: 255 };
  if (found === undefined) return { stderr: `No '${command}' handler defined for '${path ?? ''}'\n`, rc: 1 };
  const all = {
    ...Object.fromEntries(
      Object.entries(read.parameters).filter(([name]) => !OWN.has(name) && !FORMAT_OPTIONS.has(name)),
    ),
    ...found.values,
  };
  const whole = verified(all, methodSchemas(found.key) ?? new Map(), usage, found.key);
  if (!whole.ok) return { stderr: whole.stderr, rc: 255 };
  const output = read.parameters.quiet === '1' ? undefined : ((read.parameters['output-format'] ?? 'text') as Output);
  return { call: { method, template: found.template, parameters: whole.parameters, output, usage } };
}

/** Whether a part of a path is what its template says; a value has no blank (pve-common, PVE/RESTHandler.pm). */
function fitsPlace(word: string, part: string): boolean {
  if (!word.startsWith('{')) return word === part;
  return WITH_SLASHES.includes(word) || !/\s/.test(part);
}

/** Placeholders whose values contain slashes. */
const WITH_SLASHES = ['{volume}', '{cidr}'];

/** The template that matches a path, literal segments before placeholders, and the values of the placeholders. */
function findPath(
  method: string,
  path: string,
): { key: string; template: string; values: Record<string, string> } | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const fits = pathTemplates(method).flatMap((template) => {
    const words = template
      .split('/')
      .slice(1)
      .filter((word) => word !== '');
    const given =
      WITH_SLASHES.includes(words.at(-1) ?? '') && parts.length >= words.length
        ? [...parts.slice(0, words.length - 1), parts.slice(words.length - 1).join('/')]
        : parts;
    if (given.length !== words.length || !words.every((word, index) => fitsPlace(word, given[index] ?? ''))) return [];
    const values = Object.fromEntries(
      words.flatMap((word, index) => (word.startsWith('{') ? [[word.slice(1, -1), given[index] ?? '']] : [])),
    );
    return [{ key: `${method} ${template}`, template, values }];
  });
  return fits.sort((a, b) => Object.keys(a.values).length - Object.keys(b.values).length)[0];
}
