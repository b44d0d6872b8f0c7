// Resolves targets: `lxc/101`, or just `101` if unique.

import type { TargetJson } from '../../agent/http/run-json.ts';
import { nearest } from '../../config/nearest.ts';
import type { TargetId } from '../../model/ids.ts';
import { EXIT } from '../io.ts';
import { type Client, ClientFailure } from './client.ts';

/**
 * @param must whether a whole id has to be one that the agent knows too; otherwise the agent judges it
 * @throws ClientFailure for an unknown or ambiguous target, with exit code 2; with 1 while it is not known what is declared
 */
export async function resolveTargets(
  client: Pick<Client, 'get'>,
  words: readonly string[],
  { must = false } = {},
): Promise<readonly TargetId[]> {
  const asks = words.some((word) => must || !isWhole(word));
  const known = asks ? await client.get<TargetJson[]>('/targets') : [];
  return words.map((word) => {
    if (isWhole(word)) return must ? knownTarget(word, known) : (word as TargetId);
    const found = known.filter((each) => each.name === word);
    const [only] = found;
    if (only === undefined) throw unknown(word, known);
    if (found.length === 1) return only.target;
    throw new ClientFailure(`${word} names several targets`, `write ${idsOf(found).join(' or ')}`, EXIT.usage);
  });
}

function isWhole(word: string): boolean {
  const [kind, name, ...rest] = word.split('/');
  return Boolean(kind && name) && rest.length === 0;
}

function knownTarget(word: string, known: readonly TargetJson[]): TargetId {
  const found = known.find(({ target }) => target === word);
  if (found === undefined) throw unknown(word, known);
  return found.target;
}

function idsOf(known: readonly TargetJson[]): TargetId[] {
  return known.map(({ target }) => target);
}

function unknown(word: string, known: readonly TargetJson[]): ClientFailure {
  const isName = isWhole(word) || !word.includes('/');
  if (isName && known.every(({ declared }) => declared === null)) {
    const hint = 'phoenix doctor says whether the repository can be read';
    return new ClientFailure(`nothing is recorded of ${word}, and no declared target is known now`, hint, EXIT.no);
  }
  const near = nearest(word, word.includes('/') ? idsOf(known) : known.map(({ name }) => name));
  const meant = near === null ? 'write it as kind/name, for example lxc/101' : `did you mean ${near}?`;
  return new ClientFailure(
    `${word} names no target that the agent knows`,
    `${meant}; phoenix status names what there is`,
    EXIT.usage,
  );
}
