// Parses command-line options like Perl's Getopt::Long with Proxmox's configuration: prefixes `--` and `-`, names case-insensitive and abbreviated
// while unique, options and arguments in any order, `--` ends the options.

/** Whether an option always takes the next word as its value, or only where that does not look like an option. */
export type OptionSpec = { readonly value: 'required' | 'optional'; readonly repeated: boolean };

export type Options = {
  /** The last value of each option, or all values of a repeatable one. */
  readonly values: Map<string, string | string[]>;
  /** The other words, in order. */
  readonly rest: string[];
  /** One line per invalid word. */
  readonly errors: string[];
};

/** Splits a command line into options and other words; never fails, errors are in `errors`. */
export function readOptions(argv: readonly string[], specs: ReadonlyMap<string, OptionSpec>): Options {
  const byLowerCase = new Map([...specs.keys()].map((name) => [name.toLowerCase(), name]));
  const names = [...byLowerCase.keys()].sort();
  const values = new Map<string, string | string[]>();
  const rest: string[] = [];
  const errors: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') break;
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      continue;
    }
    const option = word.slice(word.startsWith('--') ? 2 : 1);
    const equals = option.indexOf('=', 1);
    const written = (equals > 0 ? option.slice(0, equals) : option).toLowerCase();
    const attached = equals > 0 ? option.slice(equals + 1) : undefined;
    const hits = names.filter((name) => name.startsWith(written));
    if (hits.length > 1 && !hits.includes(written)) {
      errors.push(`Option ${written} is ambiguous (${hits.join(', ')})`);
      continue;
    }
    const found = hits.length === 1 ? (hits[0] ?? '') : written;
    const name = byLowerCase.get(found);
    const spec = name === undefined ? undefined : specs.get(name);
    if (name === undefined || spec === undefined) {
      errors.push(`Unknown option: ${written}`);
      continue;
    }
    let value = attached ?? words[0];
    if (attached === '' || value === undefined) {
      if (spec.value === 'required') {
        errors.push(`Option ${found} requires an argument`);
        continue;
      }
      value = '';
    } else if (attached === undefined) {
      if (spec.value === 'optional' && /^--?[^\n]/.test(value) && value !== '-') value = '';
      else words.shift();
    }
    const earlier = values.get(name);
    if (!spec.repeated) values.set(name, value);
    else if (Array.isArray(earlier)) earlier.push(value);
    else values.set(name, [value]);
  }
  return { values, rest: [...rest, ...words], errors };
}
