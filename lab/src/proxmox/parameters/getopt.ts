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
  const options: Options = { values: new Map(), rest: [], errors: [] };
  const names = new Map([...specs.keys()].map((name) => [name.toLowerCase(), name]));
  const words = [...argv];
  for (let word = words.shift(); word !== undefined && word !== '--'; word = words.shift()) {
    if (word.startsWith('-') && word !== '-') readOption(word, words, names, specs, options);
    else options.rest.push(word);
  }
  options.rest.push(...words);
  return options;
}

/** Reads one option; takes its value from `following` where that is a word of its own. */
function readOption(
  word: string,
  following: string[],
  names: ReadonlyMap<string, string>,
  specs: ReadonlyMap<string, OptionSpec>,
  { values, errors }: Options,
): void {
  const { written, attached } = splitOption(word);
  const hits = [...names.keys()].filter((name) => name.startsWith(written)).sort();
  if (hits.length > 1 && !hits.includes(written)) {
    errors.push(`Option ${written} is ambiguous (${hits.join(', ')})`);
    return;
  }
  const found = hits.length === 1 ? (hits[0] ?? '') : written;
  const name = names.get(found);
  const spec = name === undefined ? undefined : specs.get(name);
  if (name === undefined || spec === undefined) {
    errors.push(`Unknown option: ${written}`);
    return;
  }
  const value = takeValue(spec, attached, following);
  if (value === undefined) errors.push(`Option ${found} requires an argument`);
  else keep(values, name, spec, value);
}

/** The name of an option in lower case, and the value after its equals sign. */
function splitOption(word: string): { readonly written: string; readonly attached: string | undefined } {
  const option = word.slice(word.startsWith('--') ? 2 : 1);
  const equals = option.indexOf('=', 1);
  if (equals <= 0) return { written: option.toLowerCase(), attached: undefined };
  return { written: option.slice(0, equals).toLowerCase(), attached: option.slice(equals + 1) };
}

/** The value of an option, empty where an optional one is missing; undefined where a required one is. */
function takeValue(spec: OptionSpec, attached: string | undefined, following: string[]): string | undefined {
  if (attached !== undefined && attached !== '') return attached;
  const [next] = following;
  const isRequired = spec.value === 'required';
  if (attached === '' || next === undefined) return isRequired ? undefined : '';
  const isOption = /^--?[^\n]/.test(next) && next !== '-';
  return !isRequired && isOption ? '' : following.shift();
}

function keep(values: Options['values'], name: string, { repeated }: OptionSpec, value: string): void {
  const earlier = values.get(name);
  if (!repeated) values.set(name, value);
  else if (Array.isArray(earlier)) earlier.push(value);
  else values.set(name, [value]);
}
