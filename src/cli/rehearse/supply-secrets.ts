// Stand-ins for the secrets that a configuration names, for a lab: a rehearsal has no business with the real ones.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { allTargets } from '../../managers/index.ts';
import type { Json } from '../../model/json.ts';

/** What is taken for the hash of a password, as `crypt(3)` writes one. */
const HASH = `$6$standinforlab$${'a'.repeat(86)}`;

/** Puts a file into the lab for each secret that is named by a path, and resolves to a value for each that is named by a variable. */
export function supplySecrets(dir: string, config: Config): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const { spec } of allTargets(config).values()) {
    for (const { reference, field } of secretsIn(spec, '')) {
      const [, scheme, name = ''] = /^(env|file):(.+)$/.exec(reference) ?? [];
      const value = /hash/i.test(`${field} ${name}`) ? HASH : `stand-in-for-${name.split('/').at(-1)}`;
      if (scheme === 'env') environment[name] = value;
      if (scheme === 'file' && name.startsWith('/')) provide(join(dir, name), value);
    }
  }
  return environment;
}

interface Mention {
  readonly reference: string;
  /** Name of the field that holds it. */
  readonly field: string;
}

function secretsIn(value: Json | undefined, field: string): Mention[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('$secret' in value && typeof value.$secret === 'string') return [{ reference: value.$secret, field }];
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item as Json, key));
}

function provide(path: string, text: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
}
