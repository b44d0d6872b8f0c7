// Finds secrets that a commit refers to and the agent does not have, before a step needs one: for all targets at once, each with its place in the
// files.

import { writtenValues } from '../managers/written-values.ts';
import { type MissingSecret, missingSecret } from '../messages/statuses/missing-secret.ts';
import { splitRemedy } from '../model/failure.ts';
import type { TargetId } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { child } from '../plan/diff/pointer.ts';
import { referencesIn } from '../plan/secret-references.ts';
import { SecretUnavailable } from '../ports/secret-unavailable.ts';
import type { Context } from './context.ts';
import type { Declared } from './reconcile/desired-state.ts';

type Asking = Pick<Context, 'host' | 'repository' | 'log'>;

/**
 * What keeps each of these targets from being applied: its missing secrets, where they are named, and where to put them. Each secret is read once, and
 * the files only where one is missing. Null where nobody can tell, since the node is unreachable: steps wait for that anyway.
 */
export async function missingSecrets(
  context: Asking,
  declared: Declared,
  targets: Iterable<TargetId>,
): Promise<ReadonlyMap<TargetId, string> | null> {
  try {
    return await ask(context, declared, targets);
  } catch (error) {
    context.log.warn('whether secrets are there is not known: the host cannot be asked', { error });
    return null;
  }
}

async function ask(
  { host, repository }: Asking,
  declared: Declared,
  targets: Iterable<TargetId>,
): Promise<ReadonlyMap<TargetId, string>> {
  /** Whether the secret of each reference is there. */
  const known = new Map<string, boolean>();
  /** Why each secret that is not there is of no use. */
  const reasons = new Map<string, Reason>();
  const missing = new Map<TargetId, string[]>();
  for (const target of targets) {
    for (const reference of referencesIn(declared.targets.get(target)?.spec)) {
      const key = `${reference.$secret} ${reference.blob ?? ''}`;
      if (!known.has(key)) {
        const reason = await host.secretDigests([reference], { keep: false }).then(() => null, reasonOf);
        known.set(key, reason === null);
        if (reason !== null) reasons.set(reference.$secret, reason);
      }
      if (known.get(key) === false) missing.set(target, [...(missing.get(target) ?? []), reference.$secret]);
    }
  }
  if (missing.size === 0) return new Map();
  const { files } = await repository.snapshot(declared.commit);
  const places = placesOfSecrets(files);
  return new Map(
    [...missing].map(([target, secrets]) => [
      target,
      missingSecret(
        secrets.map((secret) => ({ ...(reasons.get(secret) ?? NOT_THERE), places: places.get(secret) ?? [] })),
      ),
    ]),
  );
}

/** Why a secret cannot be used, and what to do about it. */
type Reason = Pick<MissingSecret, 'why' | 'remedy'>;

const NOT_THERE: Reason = { why: 'is not there', remedy: null };

/** @throws any other error than that of a secret that is not there */
function reasonOf(error: unknown): Reason {
  if (error instanceof SecretUnavailable) {
    const { description, remedy } = splitRemedy(error.message);
    return { why: description, remedy };
  }
  throw error;
}

/** The places of each reference, such as `etc/phoenix_lxc_configs.json /lxc_configs/101/…`. Files are below the root of the configuration. */
function placesOfSecrets(files: Snapshot['files']): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const values = writtenValues(files);
  const visit = (value: Json | undefined, file: string, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { $secret } = value as { readonly $secret?: unknown };
    if (typeof $secret === 'string') found.set($secret, [...(found.get($secret) ?? []), `${file} ${path}`]);
    else for (const [key, item] of Object.entries(value)) visit(item as Json, file, child(path, key));
  };
  for (const file of files.keys()) if (file.endsWith('.json')) visit(values(file), file, '');
  return found;
}
