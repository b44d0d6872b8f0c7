// Resolves targets: `lxc/101`, or just `101` if unique.

import type { TargetJson } from '../../agent/http/run-json.ts';
import { type TargetId, targetId } from '../../model/ids.ts';
import { EXIT } from '../io.ts';
import { type Client, ClientFailure } from './client.ts';

/** @throws ClientFailure for an unknown or ambiguous target */
export async function resolveTargets(client: Client, words: readonly string[]): Promise<readonly TargetId[]> {
  const short = words.filter((word) => !word.includes('/'));
  const known = short.length === 0 ? [] : await client.get<TargetJson[]>('/targets');
  return words.map((word) => {
    const [kind, name, ...rest] = word.split('/');
    if (kind && name && rest.length === 0) return targetId(kind, name);
    const found = known.filter((each) => each.name === word);
    const [only] = found;
    if (only !== undefined && found.length === 1) return only.target;
    const hint =
      found.length > 1
        ? `write ${found.map(({ target }) => target).join(' or ')}`
        : 'write it as kind/name, for example lxc/101';
    throw new ClientFailure(
      `${word} names ${found.length > 1 ? 'several targets' : 'no target that the agent knows'}`,
      hint,
      EXIT.usage,
    );
  });
}
