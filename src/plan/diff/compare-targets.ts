// The default order of targets: by kind, then by number, then by name.

import { kindOf, nameOf, type TargetId } from '../../model/ids.ts';

/** A comparison function for sorting: `lxc/101` before `lxc/1000` before `vm/9`. */
export function compareTargets(a: TargetId, b: TargetId): number {
  return (
    compareTexts(kindOf(a), kindOf(b)) || leadingNumber(nameOf(a)) - leadingNumber(nameOf(b)) || compareTexts(a, b)
  );
}

/** Names without a leading number come last. */
function leadingNumber(name: string): number {
  const digits = /^\d{1,15}/.exec(name);
  return digits === null ? Number.MAX_SAFE_INTEGER : Number(digits[0]);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
