// What a command is at while it shows nothing else, for a person who waits at a terminal. Pure.

import { printable } from '../printable.ts';

export const AT_WORK = {
  looksAt: (host: string) => `reading ${host === 'local' ? 'this host' : printable(host)} …`,
  rehearses: 'applying it to a lab host, each step as it ends:',
  rehearsesAgain: 'applying all of it once more, which should change nothing …',
  checks: 'asking Redis, the repository, the forge and the host …',
  asksHealth: (run: string) => `asking each target how it is, in run ${run} …`,
  looksFirst: (run: string) => `finding out what would be done, in run ${run} …`,
  /** Where a command does not wait for what it began. */
  follow: (run: string) => `to see it through: phoenix runs ${run} --wait`,
} as const;
