// What the verbs of containers and machines share.

import type { Call, Verb } from '../call.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuseParameters } from '../refusal.ts';
import { guestId, text } from '../verb-parameters.ts';

/** A verb of one guest that exits with 0 unless it is refused. */
export const onGuest =
  (run: (call: Call, id: number, parameters: Parameters) => void): Verb =>
  (call, parameters) => {
    run(call, guestId(parameters), parameters);
    return 0;
  };

/** Which configuration `config` shows. */
export function whichConfig(parameters: Parameters): { current?: boolean; snapshot?: string } {
  const name = text(parameters, 'snapshot');
  const current = parameters['current'] === '1';
  const both = "cannot use 'snapshot' parameter with 'current'";
  if (name && current) refuseParameters({ snapshot: both, current: both });
  return { current, ...(name ? { snapshot: name } : {}) };
}
