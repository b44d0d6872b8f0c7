// What the page of a target says of where it is and what was seen of it. Pure.

import type { DeclaredInterface, DeclaredPlace } from '../model/environment.ts';

export const OBSERVED = {
  same: 'As declared when',
  differs: 'Not as declared when',
  fields: 'Found otherwise than declared',
  compared: 'Declared, in the words of the file, and observed where the last look found it otherwise',
  declared: 'Declared, in the words of the file',
  differ: 'differs',
  none: 'not set',
  would: 'To bring back what is declared, it would take:',
  proved: 'As declared when it was proved,',
  provedOnce: 'As declared when it was proved; when that was, was not noted.',
  unknown: 'Nothing was proved of it and no look at it has come to an end, so what is there is not known.',
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
