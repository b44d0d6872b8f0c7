// Section files, in which Proxmox stores most of its objects (PVE/SectionConfig.pm): `type: id`, followed by one option per line. Shared by the
// readers and the lab, which writes them.

import { methodSchemas } from '../parameters/table.ts';

/** Values of each option as written; several for repeated options. */
export type Options = Readonly<Record<string, readonly string[]>>;

export interface Section {
  readonly type: string;
  readonly options: Options;
}

/**
 * Sections by id, in file order.
 *
 * @param comments whether they are encoded, as by Perl programs, or plain, as by Rust programs
 */
export function parseSections(text: string, comments: 'encoded' | 'plain' = 'encoded'): Map<string, Section> {
  const sections = new Map<string, Section>();
  let options: Record<string, string[]> | null = null;
  for (const line of text.split('\n')) {
    const [, type, id] = /^(\S+):\s*(\S+)\s*$/.exec(line) ?? [];
    if (type !== undefined && id !== undefined) {
      options = {};
      sections.set(id, { type, options });
      continue;
    }
    const [, key, value = ''] = /^\s+(\S+)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    if (key === undefined || options === null) {
      if (line.trim() === '') options = null;
      continue;
    }
    options[key] = [...(options[key] ?? []), key === 'comment' && comments === 'encoded' ? decodeText(value) : value];
  }
  return sections;
}

/**
 * Enabled boolean options have no value in the file, and disabled ones are absent (PVE::SectionConfig::format_config_line). Any other option without a
 * value is skipped, with a warning (check_value).
 *
 * @param method the API method that takes the options: `POST /storage`
 */
export function withSwitches(options: Options, method: string): Options {
  const schemas = methodSchemas(method);
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, texts]) => {
      const isSwitch = schemas?.get(key)?.type === 'boolean';
      const read = isSwitch ? texts.map((text) => text || '1') : texts.filter((text) => text !== '');
      return read.length === 0 ? [] : [[key, read]];
    }),
  );
}

/** Parses sections with id but without type, such as mappings. */
export function parseUntypedSections(text: string): Map<string, Options> {
  const typed = text.replaceAll(/^(\S+)\s*$/gm, 'section: $1');
  return new Map([...parseSections(typed)].map(([id, { options }]) => [id, options]));
}

/** Formats sections like Proxmox: comment, required options, then the rest by name; of empty values only `disable`, a key alone (write_config). */
export function printSections(sections: ReadonlyMap<string, Section>, required: readonly string[]): string {
  return [...sections]
    .map(([id, { type, options }]) => {
      const named = Object.keys(options).sort();
      const first = ['comment', ...required].filter((key) => named.includes(key));
      const keys = [...first, ...named.filter((key) => !first.includes(key))];
      const lines = keys.flatMap((key) =>
        (options[key] ?? [])
          .filter((value) => (key === 'comment' ? !['', '0'].includes(value) : key === 'disable' || value !== ''))
          .map((value) => `\t${`${key} ${key === 'comment' ? encodeText(value) : value}`.trimEnd()}\n`),
      );
      return `${type}: ${id}\n${lines.join('')}\n`;
    })
    .join('');
}

/** Formats sections without type. */
export function printUntypedSections(sections: ReadonlyMap<string, Section>, required: readonly string[]): string {
  return printSections(sections, required).replaceAll(/^: (\S+)$/gm, '$1');
}

/** Encodes a comment: everything but plain characters, and the colon, as percent-encoded bytes (PVE::Tools::encode_text). */
export function encodeText(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x25 || byte === 0x3a
        ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');
}

export function decodeText(text: string): string {
  const bytes = text.replaceAll(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return /[^\0-\xff]/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString();
}
