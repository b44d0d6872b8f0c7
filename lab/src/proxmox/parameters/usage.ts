// The usage line that ends every refusal of a parameter check.
import type { Schema, Schemas } from '../../../../src/proxmox/parameters/table.ts';

const optionalFlag: Schema = { type: 'boolean', optional: 1 };

/** Options for the form of the output, of pvesh and of verbs that print what the API returns. */
export const FORMAT_OPTIONS: Schemas = new Map([
  ['output-format', { type: 'string', optional: 1, enum: ['text', 'json', 'json-pretty', 'yaml'] }],
  ['noheader', optionalFlag],
  ['noborder', optionalFlag],
  ['quiet', optionalFlag],
  ['human-readable', optionalFlag],
]);

export type Usage = {
  readonly command: string;
  readonly positional: readonly string[];
  readonly schemas: Schemas;
  /** Options that are prompted for when missing, and so not in the line. */
  readonly asked?: readonly string[];
  readonly formatOptions?: boolean;
};

/** `pct create <vmid> <ostemplate> [OPTIONS]`: positional arguments, required options, then optional ones. */
export function usageLine({ command, positional, schemas, asked = [], formatOptions = false }: Usage): string {
  const places = positional.map((name) => {
    const schema = schemas.get(name);
    if (schema?.format?.includes('-list')) return `{<${name}>}`;
    return schema?.optional ? `[<${name}>]` : `<${name}>`;
  });
  const others = [...schemas.keys()].filter((name) => !positional.includes(name)).sort();
  const required = others.filter((name) => {
    const schema = schemas.get(name);
    return !schema?.optional && schema?.alias === undefined && !asked.includes(name);
  });
  const words = [...places, ...required.map((name) => `--${name} <${schemas.get(name)?.type ?? 'string'}>`)].join(' ');
  return `${command} ${words}${others.some((name) => !asked.includes(name)) ? ' [OPTIONS]' : ''}${formatOptions ? ' [FORMAT_OPTIONS]' : ''}\n`;
}
