// The words of the map of the environment and of the search. Pure.

import { TARGET_STATES } from './target.ts';

export const MAP = {
  title: 'Map',
  nothing: 'No commit was followed yet, so nothing is declared.',
  unread: 'What is declared cannot be read at the moment.',
  networks: 'Networks',
  services: 'Gateway to services',
  certificates: 'Authority to certificates',
  stacks: 'Hosts to stacks',
  noNetwork: 'no network',
} as const;

export const SEARCH = {
  title: 'Search',
  label: 'Search targets and runs',
  hint: 'Targets by id, name, address or the name that they are reached by; runs by number, commit, message, author, state or target. All words must be found.',
  noTargets: 'No target is called so.',
  noRuns: (looked: number) => (looked === 0 ? 'Nothing ran yet.' : `None of the newest ${looked} runs is about it.`),
} as const;

/** How a target stands, in a word or two: of a guest whether it runs comes first, since that is what others feel. */
export function stateWord(
  target:
    | {
        readonly state: keyof typeof TARGET_STATES;
        readonly outcome: string | null;
        readonly running: string | null;
      }
    | undefined,
): string {
  if (target === undefined) return 'not known';
  if (target.outcome !== 'failed' && target.state === 'applied') return target.running ?? TARGET_STATES.applied.word;
  const word = target.outcome === 'failed' ? 'failed' : TARGET_STATES[target.state].word;
  return target.running === null ? word : `${target.running}, ${word}`;
}
