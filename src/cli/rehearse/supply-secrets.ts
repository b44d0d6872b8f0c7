// Placeholder secrets for a lab: a rehearsal must not use real ones.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../../managers/config.ts';
import { allTargets } from '../../managers/index.ts';
import type { Json } from '../../model/json.ts';
import { parseReference } from '../../model/secret-bounds.ts';

/** A value with the format of a `crypt(3)` password hash. */
const HASH = `$6$standinforlab$${'a'.repeat(86)}`;

export interface StandIns {
  /** Values of `env:` references by variable. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values of `sops:` references by path. */
  readonly encrypted: Readonly<Record<string, string>>;
}

/** Also creates files in the lab for `file:` references. */
export function supplySecrets(dir: string, config: Config): StandIns {
  const environment: Record<string, string> = {};
  const encrypted: Record<string, string> = {};
  for (const { spec } of allTargets(config).values()) {
    for (const { reference, field } of secretsIn(spec, '')) {
      const parsed = parseReference(reference);
      const name = parsed?.scheme === 'env' ? parsed.name : (parsed?.path ?? '');
      const value = standInOf(name, field);
      if (parsed?.scheme === 'env') environment[name] = value;
      if (parsed?.scheme === 'sops') encrypted[name] = value;
      if (parsed?.scheme === 'file' && name.startsWith('/')) provide(join(dir, name), value);
    }
  }
  return { environment, encrypted };
}

/** The value that stands for a secret. @param name its variable or path @param field that contains the reference */
export function standInOf(name: string, field: string): string {
  return /hash/i.test(`${field} ${name}`) ? HASH : `stand-in-for-${name.split('/').at(-1)}`;
}

interface Mention {
  readonly reference: string;
  /** Field that contains the reference. */
  readonly field: string;
}

function secretsIn(value: Json | undefined, field: string): Mention[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('$secret' in value && typeof value['$secret'] === 'string') return [{ reference: value['$secret'], field }];
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item as Json, key));
}

function provide(path: string, text: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
}
