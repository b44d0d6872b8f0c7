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
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [, name, inline] = /^(--?[a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      operands.push(...(mixed ? [word] : words.slice(index)));
      if (!mixed) break;
      continue;
    }
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined)
      throw new DockerRefusal(`unknown ${name.startsWith('--') ? '' : 'shorthand '}flag: ${name}`, 125);
    if (kind === 'flag') flags.add(name);
    else {
      if (inline === undefined) index += 1;
      const value = inline ?? words[index];
      if (value === undefined) throw new DockerRefusal(`flag needs an argument: ${name}`, 125);
      values.set(name, [...(values.get(name) ?? []), value]);
    }
  }
  return { flags, values, operands };
}

export function last({ values }: Parsed, name: string): string | undefined {
  return values.get(name)?.at(-1);
}

export function operands({ operands: given }: Parsed, count: number): readonly string[] {
  if (given.length !== count) throw new DockerRefusal(`requires ${count} argument(s), received ${given.length}`);
  return given;
}
