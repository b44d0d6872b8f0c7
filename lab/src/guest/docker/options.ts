// Parses options of Docker's programs, and refuses those that are not in the list of the command.

import { DockerRefusal } from './refusal.ts';

export interface Parsed {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

/** @param known option names, and whether they take a value; options end at the first operand, unless `mixed` */
export function parseOptions(
  words: readonly string[],
  known: Readonly<Record<string, 'flag' | 'value'>>,
  mixed = true,
): Parsed {
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  const following = [...words];
  for (let word = following.shift(); word !== undefined; word = following.shift()) {
    const [, name, inline] = /^(--?[a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      operands.push(word);
      if (!mixed) operands.push(...following.splice(0));
    } else if (kindOf(name, known) === 'flag') flags.add(name);
    else {
      const value = inline ?? following.shift();
      if (value === undefined) throw new DockerRefusal(`flag needs an argument: ${name}`, 125);
      values.set(name, [...(values.get(name) ?? []), value]);
    }
  }
  return { flags, values, operands };
}

function kindOf(name: string, known: Readonly<Record<string, 'flag' | 'value'>>): 'flag' | 'value' {
  const kind = Object.hasOwn(known, name) ? known[name] : undefined;
  if (kind !== undefined) return kind;
  throw new DockerRefusal(`unknown ${name.startsWith('--') ? '' : 'shorthand '}flag: ${name}`, 125);
}

export function last({ values }: Parsed, name: string): string | undefined {
  return values.get(name)?.at(-1);
}

export function operands({ operands: given }: Parsed, count: number): readonly string[] {
  if (given.length !== count) throw new DockerRefusal(`requires ${count} argument(s), received ${given.length}`);
  return given;
}
