// What is said of something on the host that carries Phoenix's mark and nothing declares.

import type { MarkedTarget } from '../model/target.ts';

const REMEDY =
  'destroy it, declare it under its id and adopt it, or remove the tag phoenix and the block of Phoenix in its notes';

/** `lxc/199 (web), marked as lxc/101`. */
function orphanName({ target, name, markedAs }: MarkedTarget): string {
  return `${target}${name === '' ? '' : ` (${name})`}${markedAs === target ? '' : `, marked as ${markedAs}`}`;
}

export function orphanText(orphan: MarkedTarget): string {
  return `${orphanName(orphan)} has Phoenix's mark, and nothing declares it: ${REMEDY}`;
}

/** Why another is not made beside it. */
export function inTheWay(orphan: MarkedTarget, address: string, wanted: string): string {
  return `${orphanName(orphan)} has the address ${address} and Phoenix's mark, and nothing declares it: ${wanted} would be a second one; ${REMEDY}`;
}
