// Adds digests of its secrets' current values to a target: values are behind references, and a new value is a change like any other.

import type { Wanted } from '../../managers/manager.ts';
import { referencesIn, sealSecrets } from '../../plan/secret-references.ts';
import type { Host } from '../../ports/host.ts';

/** Keyed digests of the values of secrets, by reference. */
export type SecretDigests = Readonly<Record<string, string>>;

export interface Sealed {
  readonly wanted: Wanted;
  readonly secrets: SecretDigests;
}

/**
 * Reads nothing where nothing refers to a secret.
 *
 * @param keep whether the node's digest key may be created
 * @throws SecretUnavailable
 */
export async function sealWanted(host: Pick<Host, 'secretDigests'>, wanted: Wanted, keep: boolean): Promise<Sealed> {
  const references = referencesIn(wanted.spec);
  if (wanted.spec === undefined || references.length === 0) return { wanted, secrets: {} };
  const digests = await host.secretDigests(references, { keep });
  return { wanted: { ...wanted, spec: sealSecrets(wanted.spec, digests) }, secrets: Object.fromEntries(digests) };
}
