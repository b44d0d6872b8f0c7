// What the marks of the schemas say about the written values: fields that nothing reads, and secrets in the clear.

import type { z } from 'zod';
import type { TargetId } from '../model/ids.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import { namesSecret } from '../model/secret-shapes.ts';
import type { Place } from './config.ts';
import { isNoSecret } from './normalise/secret.ts';
import { within } from './read/place.ts';
import type { Finding } from './rules/rule.ts';
import { hypervisorFile } from './schema/hypervisor.ts';
import { lxcGuest } from './schema/lxc.ts';
import { type Marked, marked, matches } from './schema/marks.ts';
import { stackManifest, stacksFile } from './schema/stack.ts';
import { vmDefaults, vmGuest } from './schema/vm.ts';
import { plainHint } from './written-secrets.ts';

const SCHEMAS = {
  hypervisor: hypervisorFile,
  lxc: lxcGuest,
  vm: vmGuest,
  'vm defaults': vmDefaults,
  stack: stackManifest,
  'old stacks': stacksFile,
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type Marking = keyof typeof SCHEMAS;

interface Marks {
  readonly noEffect: readonly Marked[];
  readonly secret: readonly Marked[];
}

const MARKS = new Map<string, Marks>(
  Object.entries(SCHEMAS).map(([name, schema]) => [
    name,
    { noEffect: marked(schema, 'noEffect'), secret: marked(schema, 'secret') },
  ]),
);

/** NO_EFFECT and PLAINTEXT_SECRET of one written value. */
export function unusedAndPlain(
  schema: Marking,
  raw: unknown,
  at: Place,
  bounds: SecretBounds,
  target?: TargetId,
): Finding[] {
  const marks = MARKS.get(schema);
  if (marks === undefined) return [];
  const common = target === undefined ? {} : { target };
  const findings: Finding[] = [];
  for (const { pattern, value: instead } of marks.noEffect) {
    for (const { keys } of matches(raw, pattern)) {
      const message = `"${keys.at(-1)}" has no effect: ${instead}`;
      findings.push({ code: 'NO_EFFECT', at: within(at, ...keys), message, onKey: true, ...common });
    }
  }
  for (const { pattern } of marks.secret) {
    for (const { keys, value } of matches(raw, pattern)) {
      if (typeof value !== 'string' || isNoSecret(value)) continue;
      findings.push({ ...plain(String(keys.at(-1)), within(at, ...keys), bounds), ...common });
    }
  }
  if (schema === 'stack') return [...findings, ...plainVariables(raw, [], at, bounds)];
  if (schema === 'old stacks') return [...findings, ...plainVariables(raw, ['docker_stacks', '*'], at, bounds)];
  return findings;
}

/** Variables of stacks are secret by their names. */
function plainVariables(raw: unknown, above: readonly string[], at: Place, bounds: SecretBounds): Finding[] {
  const findings: Finding[] = [];
  for (const { keys, value } of matches(raw, [...above, 'environments', '*', 'variables', '*'])) {
    const variable = value as { name?: unknown; value?: unknown } | null;
    if (typeof variable !== 'object' || typeof variable?.name !== 'string' || !namesSecret(variable.name)) continue;
    if (typeof variable.value !== 'string' || isNoSecret(variable.value)) continue;
    findings.push(plain(variable.name, within(at, ...keys, 'value'), bounds));
  }
  return findings;
}

function plain(name: string, at: Place, bounds: SecretBounds): Finding {
  return {
    code: 'PLAINTEXT_SECRET',
    at,
    message: `the secret "${name}" stands in the repository`,
    hint: plainHint(bounds),
  };
}
