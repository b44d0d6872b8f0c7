// Finds targets with a secret whose value has changed since they were applied: no commit shows that, only the node.

import type { TargetId } from '../model/ids.ts';
import type { Target } from '../model/target.ts';
import { same } from '../plan/diff/canonical.ts';
import { referencesIn } from '../plan/secret-references.ts';
import type { Host } from '../ports/host.ts';
import type { TargetRecords } from '../ports/ledger.ts';
import { SecretUnavailable } from '../ports/secret-unavailable.ts';
import type { Context } from './context.ts';

/**
 * Covers targets that are applied and still declared. Each secret is read once. Targets with an unavailable secret are left out: what is
 * applied stays, and an observation of them reports why.
 */
export async function changedSecrets(
  host: Pick<Host, 'secretDigests'>,
  declared: ReadonlyMap<TargetId, Target>,
  { applied }: Pick<TargetRecords, 'applied'>,
): Promise<ReadonlySet<TargetId>> {
  const digests = new Map<string, string | null>();
  const digestOf = async (reference: ReturnType<typeof referencesIn>[number]): Promise<string | null> => {
    const key = `${reference.$secret} ${reference.blob ?? ''}`;
    const known = digests.get(key);
    if (known !== undefined) return known;
    const found = await host.secretDigests([reference], { keep: false }).catch((error) => {
      if (error instanceof SecretUnavailable) return new Map<string, string>();
      throw error;
    });
    const digest = found.get(reference.$secret) ?? null;
    digests.set(key, digest);
    return digest;
  };
  const changed = new Set<TargetId>();
  for (const { id, spec } of declared.values()) {
    const record = applied.get(id);
    const references = record === undefined ? [] : referencesIn(spec);
    if (record === undefined || references.length === 0) continue;
    const now: Record<string, string | null> = {};
    for (const reference of references) now[reference.$secret] = await digestOf(reference);
    if (!Object.values(now).includes(null) && !same(now, record.secrets ?? {})) changed.add(id);
  }
  return changed;
}

/** Empty where the node is unreachable; the timer tries again. */
export async function changedSecretsOrNone(
  { host, log }: Pick<Context, 'host' | 'log'>,
  declared: ReadonlyMap<TargetId, Target>,
  records: TargetRecords,
): Promise<ReadonlySet<TargetId>> {
  try {
    return await changedSecrets(host, declared, records);
  } catch (error) {
    log.warn('whether secrets have new values is not known: the host cannot be asked', { error });
    return new Set();
  }
}
