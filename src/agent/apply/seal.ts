// What is wanted together with what its secrets are now: their values are behind references, and a new one is a change like any other.

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
 * Looks at nothing where nothing refers to a secret.
 *
 * @param keep whether the node's key for digests may be made
 * @throws SecretUnavailable
 */
export async function sealWanted(host: Pick<Host, 'secretDigests'>, wanted: Wanted, keep: boolean): Promise<Sealed> {
  const references = referencesIn(wanted.spec);
  if (wanted.spec === undefined || references.length === 0) return { wanted, secrets: {} };
  const digests = await host.secretDigests(references, { keep });
  return { wanted: { ...wanted, spec: sealSecrets(wanted.spec, digests) }, secrets: Object.fromEntries(digests) };
}
