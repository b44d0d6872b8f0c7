// Everything that Phoenix itself needs and does not get: what is recorded as a fault, nodes that do not answer, and reports that the forge does not take.

import { nodeFault, reportsFault } from '../../messages/faults.ts';
import type { Fault } from '../../model/fault.ts';
import type { NodeAway } from '../../ports/ledger.ts';
import type { HeldReports } from '../../ports/outbox.ts';

/** Pure. */
export function allFaults(
  faults: readonly Fault[],
  away: ReadonlyMap<string, NodeAway>,
  reports: HeldReports | null,
): readonly Fault[] {
  return [
    ...faults,
    ...[...away].map(([node, record]) => nodeFault(node, record)),
    ...(reports === null ? [] : [reportsFault(reports)]),
  ];
}
