// What is said of a target: how it stands, where it is and what was seen of it. Pure.

import type { DeclaredInterface, DeclaredPlace } from '../../model/environment.ts';

/** How it stands, in a word or two everywhere, and in a sentence on its page. */
export const TARGET_STATES = {
  applied: { word: 'applied', sentence: 'Proved to be as its commit says.' },
  doubtful: {
    word: 'in doubt',
    sentence:
      'Proved to be as its commit says, and what it rests on is gone or another one since. The next run checks it again.',
  },
  unproved: {
    word: 'not proved',
    sentence: 'A step began to change it and did not prove its end. The next run checks it again.',
  },
  declared: { word: 'not applied', sentence: 'Declared, and nothing was applied yet.' },
} as const;

export const NO_LONGER_DECLARED = 'no longer declared';

export const OBSERVED = {
  same: 'As declared when',
  differs: 'Not as declared when',
  fields: 'Found otherwise than declared',
  compared: 'Declared, in the words of the file, and observed where the last check found it otherwise',
  declared: 'Declared, in the words of the file',
  differ: 'differs',
  none: 'not set',
  lines: 'lines with - as declared, with + as observed',
  would: 'To correct it, Phoenix would:',
  proved: 'As declared when it was proved,',
  provedOnce: 'As declared when it was proved; when that was, was not noted.',
  unknown: 'Nothing was proved of it and no check of it has come to an end, so what is there is not known.',
  doubt: 'That is in doubt since:',
  nowhere: 'no file: it follows from what is declared of others',
} as const;

/** `vmbr0, VLAN 20`. */
export function networkText({ bridge, vlan }: DeclaredInterface): string {
  const name = bridge ?? 'no bridge declared';
  return vlan === null ? name : `${name}, VLAN ${vlan}`;
}

/** `etc/phoenix_lxc_configs.json:12`. */
export function placeText({ file, line }: DeclaredPlace): string {
  return line === null ? file : `${file}:${line}`;
}
