// Files of sections as Proxmox keeps most of its objects (PVE/SectionConfig.pm): `type: id`, and below it an option a line. Shared by those who
// read them on a host and by the lab, which writes them.

/** The values of each option, as written: several where the option is there several times. */
export type Options = Readonly<Record<string, readonly string[]>>;

export interface Section {
  readonly type: string;
  readonly options: Options;
}

/**
 * The sections by their id, in the order of the file.
 *
 * @param comments whether they stand there by their bytes, as Perl's programs write them, or as they are, as Rust's do
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

/** An option that is on stands there without a value, and one that is off does not stand there (PVE::SectionConfig::format_config_line). */
export function withSwitches(options: Options): Options {
  return Object.fromEntries(Object.entries(options).map(([key, texts]) => [key, texts.map((text) => text || '1')]));
}

/** Sections that have an id and no type, as those of mappings. */
export function parseUntypedSections(text: string): Map<string, Options> {
  const typed = text.replaceAll(/^(\S+)\s*$/gm, 'section: $1');
  return new Map([...parseSections(typed)].map(([id, { options }]) => [id, options]));
}

/** As Proxmox writes it: the comment first, then what a section must have, then the rest by its name. */
export function printSections(sections: ReadonlyMap<string, Section>, required: readonly string[]): string {
  return [...sections]
    .map(([id, { type, options }]) => {
      const named = Object.keys(options).sort();
      const first = ['comment', ...required].filter((key) => named.includes(key));
      const keys = [...first, ...named.filter((key) => !first.includes(key))];
      const lines = keys.flatMap((key) =>
        (options[key] ?? []).map(
          (value) => `\t${`${key} ${key === 'comment' ? encodeText(value) : value}`.trimEnd()}\n`,
        ),
      );
      return `${type}: ${id}\n${lines.join('')}\n`;
    })
    .join('');
}

/** Sections that have an id and no type. */
export function printUntypedSections(sections: ReadonlyMap<string, Section>, required: readonly string[]): string {
  return printSections(sections, required).replaceAll(/^: (\S+)$/gm, '$1');
}

/** A comment as it stands in a file: everything but plain signs, and the colon, by its bytes (PVE::Tools::encode_text). */
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
